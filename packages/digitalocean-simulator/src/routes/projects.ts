import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { answerPage, bodyOf, type Env, refuse, type SimulatorContext } from '../answers.ts';
import type { Simulated } from '../simulated.ts';
import type { Kind, Live, ProviderObject } from '../store.ts';
import { providerTime } from '../world-fields.ts';

/** Kinds that a project can hold, with the type in their URN and their path at the provider. */
const memberKinds = [
  ['droplet', 'droplet', 'droplets'],
  ['volume', 'volume', 'volumes'],
  ['domain', 'domain', 'domains'],
  ['reserved_ip', 'floatingip', 'floating_ips'],
  ['load_balancer', 'loadbalancer', 'load_balancers'],
  ['nat_gateway', 'vpcnatgateway', 'vpc_nat_gateways'],
  ['database', 'dbaas', 'databases'],
  ['kubernetes_cluster', 'kubernetes', 'kubernetes/clusters'],
  ['app', 'app', 'apps'],
  ['bucket', 'space', 'spaces'],
  ['nfs_share', 'nfs', 'nfs'],
  ['partner_attachment', 'partner_attachment', 'partner_network_connect/attachments'],
  ['byoip_prefix', 'byoipprefix', 'byoip_prefixes'],
] as const satisfies readonly (readonly [Kind, string, string])[];

interface Member {
  readonly urn: string;
  readonly assignedAt: number;
  readonly path: string;
}

/** Routes for projects and their members. */
export function projectRoutes(simulated: Simulated): Hono<Env> {
  const { store } = simulated;
  const routes = new Hono<Env>();
  const projectOf = (c: SimulatorContext): Live<'project'> | undefined => {
    const id = c.req.param('id') ?? '';
    if (id !== 'default') return store.find('project', id, c.get('now'));
    return store.live('project', c.get('now')).find((project) => project.state.isDefault);
  };
  const show = ({ id, createdAt, state }: Live<'project'>): object => ({
    id,
    owner_uuid: simulated.world.provider.account.team_uuid,
    owner_id: 258_992,
    name: state.name,
    description: state.description,
    purpose: state.purpose,
    environment: state.environment,
    is_default: state.isDefault,
    created_at: providerTime(createdAt),
    updated_at: providerTime(createdAt),
  });

  routes.get('/projects', (c) => answerPage(c, { key: 'projects', items: store.live('project', c.get('now')), show }));
  routes.get('/projects/:id', (c) => {
    const project = projectOf(c);
    return project === undefined ? refuse(c, 'not_found') : c.json({ project: show(project) });
  });
  routes.get('/projects/:id/resources', (c) => {
    const project = projectOf(c);
    if (project === undefined) return refuse(c, 'not_found');
    const items = membersOf(simulated, project.id, c.get('now'));
    return answerPage(c, { key: 'resources', items, show: (member) => showMember(c, member, 'ok') });
  });

  routes.post('/projects', async (c) => {
    const body = await bodyOf(c);
    if (body === undefined) return refuse(c, 'bad_request');
    const { name, purpose, description = '', environment = 'Development' } = body as Record<string, string>;
    if (typeof name !== 'string' || name === '' || typeof purpose !== 'string')
      return refuse(c, 'unprocessable_entity');
    if (store.live('project', c.get('now')).some((project) => project.state.name === name))
      return refuse(c, 'conflict', 'name is already in use');
    const id = randomUUID();
    store.create('project', id, c.get('now'), { name, purpose, description, environment, isDefault: false });
    const made = store.find('project', id, c.get('now')) as Live<'project'>;
    return c.json({ project: show(made) }, 201);
  });
  routes.on(['PATCH', 'PUT'], '/projects/:id', async (c) => {
    const project = projectOf(c);
    const body = await bodyOf(c);
    if (project === undefined) return refuse(c, 'not_found');
    if (body === undefined) return refuse(c, 'bad_request');
    const set = Object.fromEntries(
      ['name', 'purpose', 'description', 'environment'].flatMap((field) =>
        typeof body[field] === 'string' ? [[field, body[field]]] : [],
      ),
    );
    store.change('project', project.id, c.get('now'), set);
    return c.json({ project: show(store.find('project', project.id, c.get('now')) as Live<'project'>) });
  });
  routes.delete('/projects/:id', (c) => {
    const project = projectOf(c);
    if (project === undefined) return refuse(c, 'not_found');
    if (project.state.isDefault || membersOf(simulated, project.id, c.get('now')).length > 0) {
      return refuse(
        c,
        'precondition_failed',
        'cannot delete a project with resources. move or remove the resources first',
      );
    }
    store.destroy('project', project.id, c.get('now'));
    return c.body(null, 204);
  });
  routes.post('/projects/:id/resources', async (c) => {
    const project = projectOf(c);
    const body = await bodyOf(c);
    if (project === undefined) return refuse(c, 'not_found');
    if (!Array.isArray(body?.resources)) return refuse(c, 'bad_request');
    return assign(c, simulated, project.id, body.resources.map(String));
  });
  return routes;
}

/** Moves resources into a project by URN. Each gets its own status: a 200 does not mean that each was moved. */
function assign(c: SimulatorContext, { store }: Simulated, project: string, urns: readonly string[]): Response {
  const now = c.get('now');
  const answers: object[] = [];
  for (const urn of urns) {
    const [, type = '', id = ''] = /^do:([^:]+):(.+)$/.exec(urn) ?? [];
    const word = type === 'reservedip' ? 'floatingip' : type;
    const known = memberKinds.find(([, name]) => name === word);
    const object = known === undefined ? undefined : store.find(known[0], id, now);
    if (known === undefined || object === undefined) {
      answers.push(showMember(c, { urn, assignedAt: now, path: '' }, 'not_found'));
      continue;
    }
    const state = object.state as { project: string | null; droplet?: string | null };
    if (known[0] === 'reserved_ip' && state.droplet !== null && state.project !== project) {
      return refuse(c, 'precondition_failed', 'Cannot move a Reserved IP with an associated Droplet.');
    }
    const status = state.project === project ? 'already_assigned' : 'assigned';
    if (status === 'assigned') store.change(known[0], id, now, { project });
    answers.push(showMember(c, { urn: `do:${word}:${id}`, assignedAt: now, path: `${known[2]}/${id}` }, status));
  }
  return c.json({ resources: answers });
}

function membersOf({ store }: Simulated, project: string, now: number): Member[] {
  const members: Member[] = [];
  for (const [kind, word, path] of memberKinds) {
    for (const object of store.all(kind) as readonly ProviderObject[]) {
      const since = inProjectSince(object, project, now);
      if (since !== undefined)
        members.push({ urn: `do:${word}:${object.id}`, assignedAt: since, path: `${path}/${object.id}` });
    }
  }
  for (const { id, createdAt, state } of store.live('urn_only', now)) {
    if (state.project === project) members.push({ urn: id, assignedAt: createdAt, path: '' });
  }
  return members;
}

function inProjectSince(object: ProviderObject, project: string, now: number): number | undefined {
  if (object.createdAt > now || (object.destroyedAt !== null && object.destroyedAt <= now)) return undefined;
  let current = (object.birth as { project: string | null }).project;
  let since = object.createdAt;
  for (const { at, set } of object.changes) {
    const moved = (set as { project?: string }).project;
    if (at > now || moved === undefined) continue;
    current = moved;
    since = at;
  }
  return current === project ? since : undefined;
}

function showMember(c: SimulatorContext, { urn, assignedAt, path }: Member, status: string): object {
  const links = path === '' ? {} : { links: { self: new URL(`/v2/${path}`, c.req.url).href } };
  return { urn, assigned_at: providerTime(assignedAt), ...links, status };
}
