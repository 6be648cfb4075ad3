import { Hono } from 'hono';
import { answerPage, bodyOf, type Env, refuse } from '../answers.ts';
import { showAction } from '../show-action.ts';
import type { Simulated } from '../simulated.ts';
import type { Kind, Live, States } from '../store.ts';
import { showReservedIp } from './network.ts';

const taggable = {
  droplet: 'droplets',
  volume: 'volumes',
  snapshot: 'volume_snapshots',
  image: 'images',
  database: 'databases',
} as const;

/** Routes that create and delete addresses, domains and tags. */
export function networkWriteRoutes(simulated: Simulated): Hono<Env> {
  const { store, actions } = simulated;
  const routes = new Hono<Env>();
  const defaultProject = (now: number): string | null =>
    store.live('project', now).find((one) => one.state.isDefault)?.id ?? null;

  routes.post('/reserved_ips', async (c) => {
    const now = c.get('now');
    const body = await bodyOf(c);
    if (body === undefined) return refuse(c, 'bad_request');
    const droplet = body.droplet_id === undefined ? undefined : store.find('droplet', String(body.droplet_id), now);
    const region = droplet?.state.region ?? body.region;
    if (typeof region !== 'string') return refuse(c, 'unprocessable_entity', 'a droplet_id or a region is required');
    const number = simulated.nextInteger();
    const ip = `198.19.${(number >> 8) & 255}.${number & 255}`;
    const project =
      droplet?.state.project ?? (typeof body.project_id === 'string' ? body.project_id : defaultProject(now));
    store.create('reserved_ip', ip, now, { region, droplet: droplet?.id ?? null, project });
    const made = store.find('reserved_ip', ip, now) as Live<'reserved_ip'>;
    return c.json({ reserved_ip: showReservedIp(simulated, made, now), links: { droplets: [], actions: [] } }, 202);
  });
  routes.delete('/reserved_ips/:ip', (c) =>
    store.destroy('reserved_ip', c.req.param('ip'), c.get('now')) ? c.body(null, 204) : refuse(c, 'not_found'),
  );
  routes.post('/reserved_ips/:ip/actions', async (c) => {
    const now = c.get('now');
    const ip = store.find('reserved_ip', c.req.param('ip'), now);
    const body = await bodyOf(c);
    if (ip === undefined) return refuse(c, 'not_found');
    const droplet = body?.type === 'assign' ? String(body.droplet_id) : null;
    if (droplet !== null && store.find('droplet', droplet, now) === undefined) return refuse(c, 'unprocessable_entity');
    const about = {
      resourceId: null,
      resourceType: 'reserved_ip',
      region: ip.state.region,
      occupies: `reserved_ip ${ip.id}`,
    };
    const effects = [{ does: 'change', kind: 'reserved_ip', id: ip.id, set: { droplet } }] as const;
    const action = actions.begin({ type: droplet === null ? 'unassign_ip' : 'assign_ip', ...about, effects }, now);
    return c.json({ action: showAction(simulated, action) }, 201);
  });

  routes.post('/domains', async (c) => {
    const body = await bodyOf(c);
    if (typeof body?.name !== 'string' || !body.name.includes('.')) return refuse(c, 'unprocessable_entity');
    const name = body.name.toLowerCase();
    const now = c.get('now');
    if (store.find('domain', name, now) !== undefined)
      return refuse(c, 'unprocessable_entity', 'domain already exists');
    store.create('domain', name, now, { ttl: 1800, project: defaultProject(now), records: [] });
    return c.json({ domain: { name, ttl: 1800, zone_file: null } }, 201);
  });
  routes.delete('/domains/:name', (c) =>
    store.destroy('domain', c.req.param('name'), c.get('now')) ? c.body(null, 204) : refuse(c, 'not_found'),
  );
  routes.delete('/load_balancers/:id', (c) =>
    store.destroy('load_balancer', c.req.param('id'), c.get('now')) ? c.body(null, 204) : refuse(c, 'not_found'),
  );

  routes.get('/tags', (c) =>
    answerPage(c, { key: 'tags', items: tagsAt(simulated, c.get('now')), show: (tag) => tag }),
  );
  routes.post('/tags', async (c) => {
    const body = await bodyOf(c);
    if (typeof body?.name !== 'string' || !/^[\w:-]+$/.test(body.name)) return refuse(c, 'unprocessable_entity');
    if (store.find('tag', body.name, c.get('now')) === undefined)
      store.create('tag', body.name, c.get('now'), { name: body.name });
    return c.json({ tag: { name: body.name, resources: { count: 0 } } }, 201);
  });
  routes.delete('/tags/:name', (c) => {
    const { name } = c.req.param();
    const now = c.get('now');
    retag(
      simulated,
      now,
      (kind, id, tags) =>
        tags.includes(name) && store.change(kind, id, now, { tags: tags.filter((tag) => tag !== name) }),
    );
    store.destroy('tag', name, now);
    return c.body(null, 204);
  });
  routes.on(['POST', 'DELETE'], '/tags/:name/resources', async (c) => {
    const { name } = c.req.param();
    const body = await bodyOf(c);
    if (!Array.isArray(body?.resources)) return refuse(c, 'bad_request');
    const now = c.get('now');
    for (const { resource_id: id, resource_type: type } of body.resources as {
      resource_id: string;
      resource_type: string;
    }[]) {
      const kind = (type === 'volume_snapshot' || type === 'image' ? 'snapshot' : type) as 'droplet';
      const tags = store.find(kind, String(id), now)?.state.tags.filter((tag) => tag !== name);
      if (tags !== undefined)
        store.change(kind, String(id), now, { tags: c.req.method === 'POST' ? [...tags, name] : tags });
    }
    return c.body(null, 204);
  });
  return routes;
}

type TaggedKind = 'droplet' | 'volume' | 'snapshot' | 'database';

function retag(
  { store }: Simulated,
  now: number,
  visit: (kind: TaggedKind, id: string, tags: string[]) => unknown,
): void {
  for (const kind of ['droplet', 'volume', 'snapshot', 'database'] as const satisfies readonly Kind[]) {
    for (const { id, state } of store.live(kind, now)) visit(kind, id, (state as States[TaggedKind]).tags);
  }
}

function tagsAt(simulated: Simulated, now: number): object[] {
  const counts = new Map<string, Record<string, number>>(simulated.store.live('tag', now).map(({ id }) => [id, {}]));
  retag(simulated, now, (kind, id, tags) => {
    const isImage = kind === 'snapshot' && /^\d+$/.test(id);
    for (const tag of tags) {
      const count = counts.get(tag) ?? {};
      const key = taggable[isImage ? 'image' : kind];
      counts.set(tag, { ...count, [key]: (count[key] ?? 0) + 1 });
    }
  });
  return [...counts].map(([name, count]) => ({
    name,
    resources: {
      count: Object.values(count).reduce((sum, one) => sum + one, 0),
      ...Object.fromEntries(Object.values(taggable).map((key) => [key, { count: count[key] ?? 0 }])),
    },
  }));
}
