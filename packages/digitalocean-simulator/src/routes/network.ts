import { Hono } from 'hono';
import { answerPage, type Env, refuse } from '../answers.ts';
import { attachedAt, showDroplet } from '../show-droplet.ts';
import { type Simulated, showRegion } from '../simulated.ts';
import type { Live } from '../store.ts';
import { derivedUuid, providerTime } from '../world-fields.ts';

/** Routes that read domains, addresses, firewalls, load balancers, networks and endpoints. */
export function networkRoutes(simulated: Simulated): Hono<Env> {
  const { store, regions } = simulated;
  const routes = new Hono<Env>();

  routes.get('/domains', (c) =>
    answerPage(c, { key: 'domains', items: store.live('domain', c.get('now')), show: showDomain }),
  );
  routes.get('/domains/:name', (c) => {
    const domain = store.find('domain', c.req.param('name'), c.get('now'));
    return domain === undefined ? refuse(c, 'not_found') : c.json({ domain: showDomain(domain) });
  });
  routes.get('/domains/:name/records', (c) => {
    const domain = store.find('domain', c.req.param('name'), c.get('now'));
    if (domain === undefined) return refuse(c, 'not_found');
    const items = [
      { type: 'SOA', name: '@', data: '1800' },
      { type: 'NS', name: '@', data: 'ns1.digitalocean.com' },
      ...domain.state.records,
    ];
    const blank = { priority: null, port: null, ttl: domain.state.ttl, weight: null, flags: null, tag: null };
    return answerPage(c, {
      key: 'domain_records',
      items: items.map((item, index) => ({ id: index + 1, ...item, ...blank })),
      show: (item) => item,
    });
  });

  for (const [path, single] of [
    ['reserved_ips', 'reserved_ip'],
    ['floating_ips', 'floating_ip'],
  ] as const) {
    routes.get(`/${path}`, (c) => {
      const now = c.get('now');
      const items = store.live('reserved_ip', now).filter(({ id }) => !id.includes(':'));
      return answerPage(c, { key: path, items, show: (ip) => showReservedIp(simulated, ip, now) });
    });
    routes.get(`/${path}/:ip`, (c) => {
      const ip = store.find('reserved_ip', c.req.param('ip'), c.get('now'));
      return ip === undefined
        ? refuse(c, 'not_found')
        : c.json({ [single]: showReservedIp(simulated, ip, c.get('now')) });
    });
  }
  routes.get('/reserved_ipv6', (c) => {
    const now = c.get('now');
    const items = store.live('reserved_ip', now).filter(({ id }) => id.includes(':'));
    return answerPage(c, {
      key: 'reserved_ipv6s',
      items,
      show: (ip) => {
        const { droplet } = showReservedIp(simulated, ip, now);
        return {
          ip: ip.id,
          region_slug: ip.state.region,
          reserved_at: providerTime(ip.createdAt),
          ...(droplet === null ? {} : { droplet }),
        };
      },
    });
  });

  routes.get('/firewalls', (c) =>
    answerPage(c, { key: 'firewalls', items: store.live('firewall', c.get('now')), show: showFirewall }),
  );
  routes.get('/load_balancers', (c) =>
    answerPage(c, {
      key: 'load_balancers',
      items: store.live('load_balancer', c.get('now')),
      show: (item) => showLoadBalancer(simulated, item),
    }),
  );
  routes.get('/load_balancers/:id', (c) => {
    const item = store.find('load_balancer', c.req.param('id'), c.get('now'));
    return item === undefined ? refuse(c, 'not_found') : c.json({ load_balancer: showLoadBalancer(simulated, item) });
  });

  routes.get('/vpc_nat_gateways', (c) =>
    answerPage(c, {
      key: 'vpc_nat_gateways',
      items: store.live('nat_gateway', c.get('now')),
      show: showNatGateway,
    }),
  );
  routes.get('/partner_network_connect/attachments', (c) =>
    answerPage(c, {
      key: 'partner_attachments',
      items: store.live('partner_attachment', c.get('now')),
      show: ({ id, createdAt, state }) => ({
        id,
        name: state.name,
        state: 'active',
        connection_bandwidth_in_mbps: state.bandwidthMbps,
        region: state.region.replace(/\d$/, ''),
        naas_provider: state.partner,
        vpc_ids: [derivedUuid('vpc', state.region)],
        bgp: {
          local_asn: 64_532,
          peer_asn: 64_533,
          local_router_ip: '169.254.0.1/29',
          peer_router_ip: '169.254.0.2/29',
        },
        created_at: providerTime(createdAt),
      }),
    }),
  );
  routes.get('/byoip_prefixes', (c) =>
    answerPage(c, {
      key: 'byoip_prefixes',
      items: store.live('byoip_prefix', c.get('now')),
      show: ({ id, state }) => ({
        uuid: id,
        name: state.name,
        prefix: state.prefix,
        status: 'active',
        region: state.region,
        validations: [],
        failure_reason: '',
        locked: false,
        advertised: true,
        project_id: state.project,
      }),
    }),
  );
  routes.get('/vpcs', (c) =>
    answerPage(c, {
      key: 'vpcs',
      items: [...regions.keys()],
      show: (slug) => {
        const id = derivedUuid('vpc', slug);
        const about = { name: `default-${slug}`, description: '', region: slug, ip_range: '10.0.0.0/8', default: true };
        return { id, urn: `do:vpc:${id}`, ...about, created_at: '2024-05-02T01:00:00.000000001Z' };
      },
    }),
  );
  routes.get('/cdn/endpoints', (c) =>
    answerPage(c, {
      key: 'endpoints',
      items: store.live('cdn_endpoint', c.get('now')),
      show: ({ id, createdAt, state }) => ({
        id,
        origin: state.origin,
        endpoint: state.origin.replace('.digitalocean', '.cdn.digitalocean'),
        ttl: state.ttl,
        created_at: providerTime(createdAt),
      }),
    }),
  );
  routes.get('/certificates', (c) => answerPage(c, { key: 'certificates', items: [], show: (item) => item }));
  return routes;
}

function showDomain({ id, state }: Live<'domain'>): object {
  return { name: id, ttl: state.ttl, zone_file: `$ORIGIN ${id}.\n$TTL ${state.ttl}\n` };
}

/** A reserved IPv4 address; after the destruction of its droplet it is unassigned. */
export function showReservedIp(
  simulated: Simulated,
  { id, state }: Live<'reserved_ip'>,
  now: number,
): { droplet: object | null } {
  const droplet = state.droplet === null ? undefined : simulated.store.find('droplet', state.droplet, now);
  const shown = {
    ip: id,
    droplet: droplet === undefined ? null : showDroplet(simulated, droplet, attachedAt(simulated, now), now),
    region: showRegion(simulated, state.region),
    locked: simulated.actions.isOccupied(`reserved_ip ${id}`, now),
    project_id: state.project,
  };
  return shown;
}

function showFirewall({ id, createdAt, state }: Live<'firewall'>): object {
  const anywhere = { addresses: ['0.0.0.0/0', '::/0'] };
  return {
    id,
    name: state.name,
    status: 'succeeded',
    inbound_rules: [{ protocol: 'tcp', ports: '22', sources: anywhere }],
    outbound_rules: [{ protocol: 'tcp', ports: '0', destinations: anywhere }],
    created_at: providerTime(createdAt),
    droplet_ids: state.droplets.map(Number),
    tags: state.tags,
    pending_changes: [],
  };
}

function showNatGateway({ id, createdAt, state }: Live<'nat_gateway'>): object {
  const { name, size, region } = state;
  return {
    id,
    name,
    type: 'PUBLIC',
    state: 'ACTIVE',
    region,
    size,
    vpcs: [{ vpc_uuid: derivedUuid('vpc', region), gateway_ip: '10.118.0.35' }],
    egresses: { public_gateways: [{ ipv4: '198.51.100.30' }] },
    udp_timeout_seconds: 30,
    icmp_timeout_seconds: 30,
    tcp_timeout_seconds: 30,
    created_at: providerTime(createdAt),
    updated_at: providerTime(createdAt),
    project_id: state.project,
  };
}

function showLoadBalancer(simulated: Simulated, { id, createdAt, state }: Live<'load_balancer'>): object {
  return {
    id,
    name: state.name,
    ip: state.ip,
    size_unit: state.nodes,
    algorithm: 'round_robin',
    status: 'active',
    created_at: providerTime(createdAt),
    type: state.type,
    network: 'EXTERNAL',
    forwarding_rules: [{ entry_protocol: 'http', entry_port: 80, target_protocol: 'http', target_port: 80 }],
    // A global one is in no region.
    ...(state.type === 'GLOBAL' ? {} : { region: showRegion(simulated, state.region) }),
    tag: '',
    droplet_ids: state.droplets.map(Number),
    vpc_uuid: derivedUuid('vpc', state.region),
    project_id: state.project,
  };
}
