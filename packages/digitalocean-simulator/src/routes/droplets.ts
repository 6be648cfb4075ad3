import { Hono } from 'hono';
import { answerPage, type Env, exactNumber, refuse, type SimulatorContext } from '../answers.ts';
import { showAction } from '../show-action.ts';
import { attachedAt, nextWindow, showDroplet } from '../show-droplet.ts';
import type { Simulated } from '../simulated.ts';
import type { Live } from '../store.ts';
import { providerTime } from '../world-fields.ts';

/** Routes that read droplets and their parts. */
export function dropletRoutes(simulated: Simulated): Hono<Env> {
  const { store, actions } = simulated;
  const routes = new Hono<Env>();

  routes.get('/droplets', (c) => {
    const now = c.get('now');
    const found = chosen(simulated, c);
    for (const droplet of found)
      if (actions.isOccupied(`droplet ${droplet.id}`, now)) actions.look({ object: `droplet ${droplet.id}` }, now);
    const attached = attachedAt(simulated, now);
    return answerPage(c, {
      key: 'droplets',
      items: found,
      show: (droplet) => showDroplet(simulated, droplet, attached, now),
    });
  });

  routes.get('/droplets/backups/policies', (c) => {
    const now = c.get('now');
    const page = answerPolicies(store.live('droplet', now), now);
    return answerPage(c, { ...page, key: 'policies' })
      .json()
      .then((body) => {
        // The provider sends a map here; every other listing is an array.
        const { policies, ...rest } = body as { policies: { droplet_id: number }[] };
        return c.json({ policies: Object.fromEntries(policies.map((policy) => [policy.droplet_id, policy])), ...rest });
      });
  });

  routes.get('/droplets/:id', (c) => {
    const now = c.get('now');
    const id = c.req.param('id');
    actions.look({ object: `droplet ${id}` }, now);
    const droplet = store.find('droplet', id, now);
    if (droplet === undefined) return refuse(c, 'not_found');
    return c.json({ droplet: showDroplet(simulated, droplet, attachedAt(simulated, now), now) });
  });

  routes.get('/droplets/:id/backups', (c) =>
    ofDroplet(c, simulated, (id, now) =>
      answerPage(c, {
        key: 'backups',
        items: store.live('backup', now).filter((backup) => backup.state.droplet === id),
        show: showBackup,
      }),
    ),
  );
  routes.get('/droplets/:id/snapshots', (c) =>
    ofDroplet(c, simulated, (id, now) =>
      answerPage(c, {
        key: 'snapshots',
        items: store.live('snapshot', now).filter(({ state }) => state.source === 'droplet' && state.sourceId === id),
        show: ({ id: snapshot, createdAt, state }) => ({
          id: Number(snapshot),
          name: state.name,
          created_at: providerTime(createdAt),
          regions: state.regions,
          min_disk_size: state.minDiskSize,
          size_gigabytes: exactNumber(state.size),
          type: 'snapshot',
        }),
      }),
    ),
  );

  routes.get('/droplets/:id/actions', (c) => {
    const id = c.req.param('id');
    const items = actions
      .list(c.get('now'))
      .filter((action) => action.resourceType === 'droplet' && action.resourceId === id);
    if (items.length === 0) return refuse(c, 'not_found');
    return answerPage(c, { key: 'actions', items, show: (action) => showAction(simulated, action) });
  });
  routes.get('/droplets/:id/actions/:action', (c) => {
    const number = Number(c.req.param('action'));
    actions.look({ action: number }, c.get('now'));
    const action = actions.find(number, c.get('now'));
    if (action === undefined || action.resourceId !== c.req.param('id')) return refuse(c, 'not_found');
    return c.json({ action: showAction(simulated, action) });
  });
  return routes;
}

/** The droplets of a listing; those with GPUs only if `type=gpus` is given, as at the provider. */
function chosen({ store, sizes }: Simulated, c: SimulatorContext): Live<'droplet'>[] {
  const { tag_name: tag, name, type } = c.req.query();
  const droplets = store.live('droplet', c.get('now'));
  if (tag !== undefined)
    return droplets.filter((droplet) => droplet.state.tags.some((one) => one.toLowerCase() === tag.toLowerCase()));
  const wantsGpus = type === 'gpus';
  return droplets.filter(
    (droplet) =>
      (sizes.get(droplet.state.size)?.gpus ?? 0) > 0 === wantsGpus &&
      (name === undefined || droplet.state.name.toLowerCase() === name.toLowerCase()),
  );
}

function ofDroplet(c: SimulatorContext, { store }: Simulated, answer: (id: string, now: number) => Response): Response {
  const id = c.req.param('id') ?? '';
  const now = c.get('now');
  return store.find('droplet', id, now) === undefined ? refuse(c, 'not_found') : answer(id, now);
}

/** A backup as listed under its droplet. */
function showBackup({ id, createdAt, state }: Live<'backup'>): object {
  return {
    id: Number(id),
    name: state.name,
    distribution: 'Ubuntu',
    slug: null,
    public: false,
    regions: [state.region],
    created_at: providerTime(createdAt),
    min_disk_size: state.minDiskSize,
    size_gigabytes: exactNumber(state.size),
    type: 'backup',
  };
}

function answerPolicies(
  droplets: readonly Live<'droplet'>[],
  now: number,
): { items: readonly Live<'droplet'>[]; show(item: Live<'droplet'>): object } {
  return {
    items: droplets,
    show: ({ id, state }) => {
      if (state.backups === null) return { droplet_id: Number(id), backup_enabled: false };
      const { plan, weekday, hour } = state.backups;
      return {
        droplet_id: Number(id),
        backup_enabled: true,
        backup_policy: {
          plan,
          ...(plan === 'weekly' ? { weekday } : {}),
          hour,
          window_length_hours: 4,
          retention_period_days: plan === 'weekly' ? 28 : 7,
        },
        next_backup_window: nextWindow(state.backups, now),
      };
    },
  };
}
