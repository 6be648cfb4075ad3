import { Hono } from 'hono';
import { answerPage, answerWhole, type Env, refuse } from '../answers.ts';
import type { Simulated } from '../simulated.ts';
import type { Live } from '../store.ts';
import { derivedUuid, providerTime } from '../world-fields.ts';

/** Routes that read databases, Kubernetes clusters and apps. */
export function managedRoutes({ store }: Simulated): Hono<Env> {
  const routes = new Hono<Env>();

  routes.get('/databases', (c) =>
    answerWhole(c, { key: 'databases', items: store.live('database', c.get('now')), show: showDatabase }),
  );
  routes.get('/databases/:id', (c) => {
    const database = store.find('database', c.req.param('id'), c.get('now'));
    return database === undefined ? refuse(c, 'not_found') : c.json({ database: showDatabase(database) });
  });
  routes.get('/databases/:id/replicas', (c) => {
    const database = store.find('database', c.req.param('id'), c.get('now'));
    return database === undefined ? refuse(c, 'not_found') : c.json({ replicas: showReplicas(database) });
  });

  routes.get('/kubernetes/clusters', (c) =>
    answerPage(c, {
      key: 'kubernetes_clusters',
      items: store.live('kubernetes_cluster', c.get('now')),
      show: showCluster,
    }),
  );
  routes.get('/kubernetes/clusters/:id', (c) => {
    const cluster = store.find('kubernetes_cluster', c.req.param('id'), c.get('now'));
    return cluster === undefined ? refuse(c, 'not_found') : c.json({ kubernetes_cluster: showCluster(cluster) });
  });

  routes.get('/apps', (c) => {
    const withProjects = c.req.query('with_projects') === 'true';
    return answerPage(c, {
      key: 'apps',
      items: store.live('app', c.get('now')),
      show: (app) => showApp(app, withProjects),
    });
  });
  routes.get('/apps/:id/instances', (c) => {
    const app = store.find('app', c.req.param('id'), c.get('now'));
    if (app === undefined) return refuse(c, 'not_found');
    const { name, instances, runningInstances } = app.state;
    return c.json({
      instances: Array.from({ length: instances ?? runningInstances }, (_, index) => ({
        component_name: name,
        component_type: 'SERVICE',
        instance_name: `${name}-${index}`,
        instance_alias: `${name}-${index}`,
      })),
    });
  });
  return routes;
}

/** Read replicas with their secrets, as the provider shows them. */
function showReplicas({ id, createdAt, state }: Live<'database'>): object[] {
  const password = `not-a-real-password-${id.slice(0, 8)}`;
  return state.replicas.map((replica) => ({
    id: replica.id,
    name: replica.name,
    region: replica.region,
    size: replica.size,
    status: 'online',
    tags: [],
    created_at: providerTime(createdAt),
    private_network_uuid: derivedUuid('vpc', replica.region),
    connection: {
      uri: `postgres://doadmin:${password}@${replica.name}.db.example:25060/defaultdb`,
      database: 'defaultdb',
      host: `${replica.name}.db.example`,
      port: 25_060,
      user: 'doadmin',
      password,
      ssl: true,
    },
    storage_size_mib: replica.storageMib,
  }));
}

/** A database with its secrets, as the provider shows them to a token with that scope; a client must remove them. */
function showDatabase({ id, createdAt, state }: Live<'database'>): object {
  const password = `not-a-real-password-${id.slice(0, 8)}`;
  const connectionTo = (host: string): object => ({
    protocol: 'postgresql',
    uri: `postgresql://doadmin:${password}@${host}:25060/defaultdb?sslmode=require`,
    database: 'defaultdb',
    host,
    port: 25_060,
    user: 'doadmin',
    password,
    ssl: true,
  });
  return {
    id,
    name: state.name,
    engine: state.engine,
    version: state.version,
    connection: connectionTo(`${state.name}.db.example`),
    private_connection: connectionTo(`private-${state.name}.db.example`),
    users: [{ name: 'doadmin', role: 'primary', password }],
    db_names: ['defaultdb'],
    num_nodes: state.nodes,
    size: state.size,
    region: state.region,
    status: 'online',
    created_at: providerTime(createdAt),
    tags: state.tags,
    project_id: state.project,
    storage_size_mib: state.storageMib,
    private_network_uuid: derivedUuid('vpc', state.region),
  };
}

function showCluster({ id, createdAt, state }: Live<'kubernetes_cluster'>): object {
  const created = providerTime(createdAt);
  return {
    id,
    name: state.name,
    region: state.region,
    version: state.version,
    cluster_subnet: '10.244.0.0/16',
    service_subnet: '10.245.0.0/16',
    vpc_uuid: derivedUuid('vpc', state.region),
    ipv4: '198.51.100.30',
    endpoint: `https://${id}.k8s.example`,
    tags: state.tags,
    node_pools: state.pools.map((pool) => ({
      id: pool.id,
      name: pool.name,
      size: pool.size,
      count: pool.nodes.length,
      tags: state.tags,
      labels: null,
      taints: [],
      auto_scale: false,
      min_nodes: 0,
      max_nodes: 0,
      nodes: pool.nodes.map((node) => ({
        id: node.id,
        name: node.name,
        status: { state: 'running' },
        droplet_id: node.droplet,
        created_at: created,
        updated_at: created,
      })),
    })),
    auto_upgrade: false,
    status: { state: 'running', message: '' },
    created_at: created,
    updated_at: created,
    surge_upgrade: false,
    registry_enabled: false,
    ha: state.ha,
  };
}

function showApp({ id, createdAt, state }: Live<'app'>, withProjects: boolean): object {
  const scaling =
    state.instances === null
      ? { autoscaling: { min_instance_count: 1, max_instance_count: 10, metrics: { cpu: { percent: 80 } } } }
      : { instance_count: state.instances };
  const service = { name: state.name, ...scaling, instance_size_slug: state.instanceSize };
  const databases = Array.from({ length: state.devDatabases }, (_, index) => ({
    name: `db-${index + 1}`,
    engine: 'PG',
    production: false,
  }));
  return {
    id,
    owner_uuid: 'ff36cbc6fd350fe12577f5123133bb5ba01a2419',
    spec: {
      name: state.name,
      services: [service],
      region: state.region,
      ...(databases.length === 0 ? {} : { databases }),
      ...(state.hasDedicatedEgress ? { egress: { type: 'DEDICATED_IP' } } : {}),
    },
    default_ingress: `https://${state.name}.app.example`,
    live_url: `https://${state.name}.app.example`,
    tier_slug: 'basic',
    region: { slug: state.region, label: state.region, data_centers: [`${state.region}1`] },
    created_at: providerTime(createdAt),
    updated_at: providerTime(createdAt),
    ...(withProjects ? { project_id: state.project } : {}),
  };
}
