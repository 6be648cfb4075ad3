import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { bodyOf, type Env, refuse } from '../answers.ts';
import { showAction } from '../show-action.ts';
import type { Simulated } from '../simulated.ts';
import type { Live } from '../store.ts';
import { showSnapshot, showVolume } from './storage.ts';

/** Routes that create, change and delete volumes, snapshots and backups. */
export function storageWriteRoutes(simulated: Simulated): Hono<Env> {
  const { store, actions } = simulated;
  const routes = new Hono<Env>();

  routes.post('/volumes', async (c) => {
    const body = await bodyOf(c);
    if (body === undefined) return refuse(c, 'bad_request');
    const { name, region, size_gigabytes: size, tags, description } = body;
    if (typeof name !== 'string' || typeof region !== 'string' || !Number.isInteger(size))
      return refuse(c, 'unprocessable_entity');
    const now = c.get('now');
    if (store.live('volume', now).some(({ state }) => state.name === name && state.region === region)) {
      return refuse(c, 'conflict', 'a volume with this name already exists in this region');
    }
    const id = randomUUID();
    store.create('volume', id, now, {
      name,
      region,
      size: size as number,
      description: String(description ?? ''),
      tags: Array.isArray(tags) ? tags.map(String) : [],
      project: store.live('project', now).find((one) => one.state.isDefault)?.id ?? null,
      droplet: null,
    });
    return c.json({ volume: showVolume(simulated, store.find('volume', id, now) as Live<'volume'>) }, 201);
  });

  routes.post('/volumes/:id/actions', async (c) => {
    const now = c.get('now');
    const volume = store.find('volume', c.req.param('id'), now);
    const body = await bodyOf(c);
    if (volume === undefined) return refuse(c, 'not_found');
    const set = volumeChange(simulated, volume, body ?? {}, now);
    if (typeof set === 'string') return refuse(c, 'unprocessable_entity', set);
    const about = {
      resourceId: null,
      resourceType: 'volume',
      region: volume.state.region,
      occupies: `volume ${volume.id}`,
    };
    const effects = [{ does: 'change', kind: 'volume', id: volume.id, set }] as const;
    const action = actions.begin({ type: `${String(body?.type)}_volume`, ...about, effects }, now);
    return c.json({ action: showAction(simulated, action) }, 202);
  });
  routes.get('/volumes/:id/actions/:action', (c) => {
    const id = Number(c.req.param('action'));
    actions.look({ action: id }, c.get('now'));
    const action = actions.find(id, c.get('now'));
    return action === undefined ? refuse(c, 'not_found') : c.json({ action: showAction(simulated, action) });
  });
  routes.delete('/volumes/:id', (c) => {
    const volume = store.find('volume', c.req.param('id'), c.get('now'));
    if (volume === undefined) return refuse(c, 'not_found');
    if (volume.state.droplet !== null) return refuse(c, 'conflict', 'a volume that is attached cannot be deleted');
    store.destroy('volume', volume.id, c.get('now'));
    return c.body(null, 204);
  });

  routes.post('/volumes/:id/snapshots', async (c) => {
    const now = c.get('now');
    const volume = store.find('volume', c.req.param('id'), now);
    const body = await bodyOf(c);
    if (volume === undefined) return refuse(c, 'not_found');
    if (typeof body?.name !== 'string') return refuse(c, 'unprocessable_entity');
    const id = randomUUID();
    store.create('snapshot', id, now, {
      name: body.name,
      source: 'volume',
      sourceId: volume.id,
      size: String(volume.state.size),
      minDiskSize: volume.state.size,
      regions: [volume.state.region],
      tags: Array.isArray(body.tags) ? body.tags.map(String) : [],
    });
    return c.json({ snapshot: showSnapshot(store.find('snapshot', id, now) as Live<'snapshot'>) }, 201);
  });
  routes.delete('/snapshots/:id', (c) =>
    store.destroy('snapshot', c.req.param('id'), c.get('now')) ? c.body(null, 204) : refuse(c, 'not_found'),
  );
  routes.delete('/images/:id', (c) => {
    const { id } = c.req.param();
    const isGone = store.destroy('backup', id, c.get('now')) || store.destroy('snapshot', id, c.get('now'));
    return isGone ? c.body(null, 204) : refuse(c, 'not_found');
  });
  return routes;
}

function volumeChange(
  { store }: Simulated,
  volume: Live<'volume'>,
  body: Record<string, unknown>,
  now: number,
): object | string {
  const droplet = String(body.droplet_id ?? '');
  switch (body.type) {
    case 'attach':
      if (volume.state.droplet !== null) return 'the volume is attached already';
      return store.find('droplet', droplet, now) === undefined ? 'there is no such droplet' : { droplet };
    case 'detach':
      return { droplet: null };
    case 'resize': {
      const size = Number(body.size_gigabytes);
      return Number.isInteger(size) && size > volume.state.size && size <= 16_384
        ? { size }
        : 'a volume can only grow, up to 16384 GiB';
    }
    default:
      return 'unknown action type';
  }
}
