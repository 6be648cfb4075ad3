import { Hono } from 'hono';
import type { Action, Effect } from '../actions.ts';
import { bodyOf, type Env, refuse, type SimulatorContext } from '../answers.ts';
import { showAction } from '../show-action.ts';
import { attachedAt, showDroplet } from '../show-droplet.ts';
import type { Simulated } from '../simulated.ts';
import type { Live } from '../store.ts';
import type { BackupPolicy } from '../world-provider.ts';

const namePattern = /^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/;

/** Routes that create, change and delete droplets. */
export function dropletWriteRoutes(simulated: Simulated): Hono<Env> {
  const { store, actions } = simulated;
  const routes = new Hono<Env>();

  routes.post('/droplets', async (c) => {
    const body = await bodyOf(c);
    if (body === undefined) return refuse(c, 'bad_request');
    const names = Array.isArray(body.names) ? body.names.map(String) : [String(body.name ?? '')];
    const fault = faultOf(simulated, names, body);
    if (fault !== undefined) return refuse(c, 'unprocessable_entity', fault);
    if (store.live('droplet', c.get('now')).length + names.length > simulated.world.provider.account.droplet_limit) {
      return refuse(c, 'unprocessable_entity', 'creating this/these droplet(s) will exceed your droplet limit');
    }
    return create(c, simulated, names, body);
  });

  routes.post('/droplets/:id/actions', async (c) => {
    const droplet = store.find('droplet', c.req.param('id'), c.get('now'));
    const body = await bodyOf(c);
    if (droplet === undefined) return refuse(c, 'not_found');
    if (body === undefined) return refuse(c, 'bad_request');
    if (actions.isOccupied(`droplet ${droplet.id}`, c.get('now')))
      return refuse(c, 'unprocessable_entity', 'Droplet already has a pending event.');
    const effects = effectsOf(simulated, droplet, body);
    if (typeof effects === 'string') return refuse(c, 'unprocessable_entity', effects);
    const action = beginOn(simulated, droplet, String(body.type), effects, c.get('now'));
    return c.json({ action: showAction(simulated, action) }, 201);
  });

  routes.delete('/droplets/:id', (c) => {
    const id = c.req.param('id');
    const now = c.get('now');
    return destroyDroplet(simulated, id, now) ? c.body(null, 204) : refuse(c, 'not_found');
  });
  routes.delete('/droplets', (c) => {
    const tag = c.req.query('tag_name');
    if (tag === undefined) return refuse(c, 'unprocessable_entity', 'tag_name is required');
    const now = c.get('now');
    for (const { id, state } of store.live('droplet', now))
      if (state.tags.includes(tag)) destroyDroplet(simulated, id, now);
    return c.body(null, 204);
  });
  return routes;
}

/** Destroys a droplet with its backups; volumes, snapshots and addresses stay. */
export function destroyDroplet({ store, actions }: Simulated, id: string, now: number): boolean {
  const droplet = store.find('droplet', id, now);
  if (droplet === undefined) return false;
  store.destroy('droplet', id, now);
  actions.begin(
    {
      type: 'destroy',
      resourceId: id,
      resourceType: 'droplet',
      region: droplet.state.region,
      effects: [],
      occupies: null,
    },
    now,
  );
  for (const backup of store.live('backup', now))
    if (backup.state.droplet === id) store.destroy('backup', backup.id, now);
  for (const volume of store.live('volume', now))
    if (volume.state.droplet === id) store.change('volume', volume.id, now, { droplet: null });
  return true;
}

function faultOf(
  { sizes, regions, store }: Simulated,
  names: readonly string[],
  body: Record<string, unknown>,
): string | undefined {
  if (names.length > 10) return 'at most 10 names';
  if (names.some((name) => !namePattern.test(name) || name.length > 255)) {
    return 'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)';
  }
  const size = sizes.get(String(body.size));
  if (size === undefined) return 'You specified an invalid size for Droplet creation.';
  const region = body.region === undefined ? 'nyc3' : String(body.region);
  if (![...regions.keys()].some((slug) => slug.startsWith(region)))
    return 'You specified an invalid region for Droplet creation.';
  if (regions.has(region) && !size.regions.includes(region)) return 'Size is not available in this region.';
  const image = String(body.image ?? '');
  const isKnown = /^\d+$/.test(image)
    ? store.all('snapshot').some((one) => one.id === image)
    : /^[a-z0-9-]+$/.test(image);
  return isKnown ? undefined : 'You specified an invalid image for Droplet creation.';
}

function create(
  c: SimulatorContext,
  simulated: Simulated,
  names: readonly string[],
  body: Record<string, unknown>,
): Response {
  const { store, regions, sizes } = simulated;
  const now = c.get('now');
  const size = String(body.size);
  const wanted = body.region === undefined ? 'nyc3' : String(body.region);
  const region = [...regions.keys()].find((slug) => slug.startsWith(wanted)) ?? wanted;
  const project = store.live('project', now).find((one) => one.state.isDefault)?.id ?? null;
  const tags = Array.isArray(body.tags) ? body.tags.map(String) : [];
  const made = names.map((name) => {
    const id = String(simulated.nextInteger());
    store.create('droplet', id, now, {
      name,
      size,
      disk: sizes.get(size)?.disk ?? 25,
      image: String(body.image),
      region,
      tags,
      project,
      status: 'new',
      backups: body.backups === true ? policyOf(body.backup_policy) : null,
      features: [
        'private_networking',
        ...(body.ipv6 === true ? ['ipv6'] : []),
        ...(body.monitoring === true ? ['monitoring'] : []),
      ],
      usedGigabytes: '2.5',
      ignoresShutdown: false,
    });
    const droplet = store.find('droplet', id, now) as Live<'droplet'>;
    const action = beginOn(
      simulated,
      droplet,
      'create',
      [{ does: 'change', kind: 'droplet', id, set: { status: 'active' } }],
      now,
    );
    return {
      droplet,
      link: { id: action.id, rel: 'create', href: new URL(`/v2/actions/${action.id}`, c.req.url).href },
    };
  });
  for (const volume of Array.isArray(body.volumes) ? body.volumes.map(String) : []) {
    store.change('volume', volume, now, { droplet: made[0]?.droplet.id ?? null });
  }
  const attached = attachedAt(simulated, now);
  const shown = made.map(({ droplet }) => showDroplet(simulated, droplet, attached, now));
  const links = { actions: made.map(({ link }) => link) };
  return c.json(Array.isArray(body.names) ? { droplets: shown, links } : { droplet: shown[0], links }, 202);
}

function beginOn(
  { actions }: Simulated,
  droplet: Live<'droplet'>,
  type: string,
  effects: readonly Effect[],
  now: number,
): Action {
  const about = { resourceId: droplet.id, resourceType: 'droplet', region: droplet.state.region };
  return actions.begin({ type, ...about, effects, occupies: `droplet ${droplet.id}` }, now);
}

/** The effect of an action on its droplet, or the reason for its refusal. */
function effectsOf(simulated: Simulated, droplet: Live<'droplet'>, body: Record<string, unknown>): Effect[] | string {
  const change = (set: object): Effect[] => [{ does: 'change', kind: 'droplet', id: droplet.id, set }];
  switch (body.type) {
    case 'power_on':
    case 'power_cycle':
      return change({ status: 'active' });
    case 'power_off':
      return change({ status: 'off' });
    case 'shutdown':
      return droplet.state.ignoresShutdown ? [] : change({ status: 'off' });
    case 'reboot':
    case 'password_reset':
    case 'restore':
      return [];
    case 'rebuild':
      return change({ image: String(body.image) });
    case 'rename':
      return typeof body.name === 'string' && namePattern.test(body.name)
        ? change({ name: body.name })
        : 'name is invalid';
    case 'resize':
      return resizeEffects(simulated, droplet, body);
    case 'snapshot':
      return [
        {
          does: 'snapshot',
          id: String(simulated.nextInteger()),
          droplet: droplet.id,
          name: String(body.name ?? droplet.state.name),
        },
      ];
    case 'enable_backups':
    case 'change_backup_policy':
      return change({ backups: policyOf(body.backup_policy) });
    case 'disable_backups':
      return change({ backups: null });
    case 'enable_ipv6':
      return change({ features: [...droplet.state.features, 'ipv6'] });
    default:
      return `${String(body.type)} is not a valid action type`;
  }
}

function resizeEffects(
  { sizes, world }: Simulated,
  droplet: Live<'droplet'>,
  body: Record<string, unknown>,
): Effect[] | string {
  const size = sizes.get(String(body.size));
  if (size === undefined) return 'You specified an invalid size for Droplet resize.';
  if (size.slug === droplet.state.size) return 'Droplet already has that size.';
  if (size.disk < droplet.state.disk) return 'This size is not available because it has a smaller disk.';
  if (world.provider.behaviour.resize_requires_off && droplet.state.status !== 'off')
    return 'Droplet must be off to be resized.';
  const disk = body.disk === true ? { disk: size.disk } : {};
  return [{ does: 'change', kind: 'droplet', id: droplet.id, set: { size: size.slug, status: 'off', ...disk } }];
}

function policyOf(given: unknown): BackupPolicy {
  const { plan, weekday, hour } = (given ?? {}) as Partial<BackupPolicy>;
  return { plan: plan ?? 'daily', weekday: weekday ?? 'SUN', hour: hour ?? 0 };
}
