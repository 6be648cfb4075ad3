import { Decimal } from 'decimal.js';
import { Hono } from 'hono';
import { bodyOf, type Env, refuse } from '../answers.ts';
import type { Simulated } from '../simulated.ts';
import { providerTime } from '../world-fields.ts';
import { destroyDroplet } from './write-droplets.ts';

interface Associated {
  id: string;
  name: string;
  cost: string;
}

type Group = 'reserved_ips' | 'floating_ips' | 'snapshots' | 'volumes' | 'volume_snapshots';

/** Routes that delete a droplet together with chosen or all associated resources. */
export function destroyAssociatedRoutes(simulated: Simulated): Hono<Env> {
  const { store } = simulated;
  const routes = new Hono<Env>();
  const finished = new Map<string, object>();
  const base = '/droplets/:id/destroy_with_associated_resources';

  routes.get(base, (c) => {
    const { id } = c.req.param();
    return store.find('droplet', id, c.get('now')) === undefined
      ? refuse(c, 'not_found')
      : c.json(associatedWith(simulated, id, c.get('now')));
  });

  const destroy = (id: string, now: number, chosen: Partial<Record<Group, readonly string[]>>): boolean => {
    const droplet = store.find('droplet', id, now);
    if (droplet === undefined) return false;
    const associated = associatedWith(simulated, id, now);
    const gone = (group: Group): object[] =>
      associated[group]
        .filter((one) => chosen[group]?.includes(one.id))
        .map((one) => ({ id: one.id, name: one.name, destroyed_at: providerTime(now) }));
    const resources = {
      reserved_ips: gone('reserved_ips'),
      floating_ips: gone('floating_ips'),
      snapshots: gone('snapshots'),
      volumes: gone('volumes'),
      volume_snapshots: gone('volume_snapshots'),
    };
    destroyDroplet(simulated, id, now);
    for (const ip of [...(chosen.reserved_ips ?? []), ...(chosen.floating_ips ?? [])])
      store.destroy('reserved_ip', ip, now);
    for (const snapshot of [...(chosen.snapshots ?? []), ...(chosen.volume_snapshots ?? [])])
      store.destroy('snapshot', snapshot, now);
    for (const volume of chosen.volumes ?? []) store.destroy('volume', volume, now);
    const about = { id, name: droplet.state.name, destroyed_at: providerTime(now) };
    finished.set(id, { droplet: about, resources, completed_at: providerTime(now), failures: 0 });
    return true;
  };
  routes.delete(`${base}/selective`, async (c) => {
    const chosen = (await bodyOf(c)) ?? {};
    return destroy(c.req.param('id'), c.get('now'), chosen) ? c.body(null, 202) : refuse(c, 'not_found');
  });
  routes.delete(`${base}/dangerous`, (c) => {
    if (c.req.header('x-dangerous') !== 'true')
      return refuse(c, 'bad_request', 'the header X-Dangerous: true is required');
    const { id } = c.req.param();
    const all = associatedWith(simulated, id, c.get('now'));
    const chosen = Object.fromEntries(
      Object.entries(all).map(([group, items]) => [group, items.map((item) => item.id)]),
    );
    return destroy(id, c.get('now'), chosen) ? c.body(null, 202) : refuse(c, 'not_found');
  });
  routes.get(`${base}/status`, (c) => {
    const status = finished.get(c.req.param('id'));
    return status === undefined ? refuse(c, 'not_found') : c.json(status);
  });
  return routes;
}

function associatedWith({ store }: Simulated, id: string, now: number): Record<Group, Associated[]> {
  const monthly = (gigabytes: string | number, price: string): string => new Decimal(gigabytes).times(price).toFixed(2);
  const volumes = store.live('volume', now).filter((volume) => volume.state.droplet === id);
  const attached = new Set(volumes.map((volume) => volume.id));
  const snapshots = store.live('snapshot', now);
  const ips = store
    .live('reserved_ip', now)
    .flatMap((ip) => (ip.state.droplet === id ? [{ id: ip.id, name: ip.id, cost: '5.00' }] : []));
  return {
    reserved_ips: ips,
    floating_ips: ips,
    snapshots: snapshots
      .filter(({ state }) => state.source === 'droplet' && state.sourceId === id)
      .map((one) => ({ id: one.id, name: one.state.name, cost: monthly(one.state.size, '0.06') })),
    volumes: volumes.map((one) => ({ id: one.id, name: one.state.name, cost: monthly(one.state.size, '0.10') })),
    volume_snapshots: snapshots
      .filter(({ state }) => state.source === 'volume' && attached.has(state.sourceId))
      .map((one) => ({ id: one.id, name: one.state.name, cost: monthly(one.state.size, '0.06') })),
  };
}
