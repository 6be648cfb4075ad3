import { Hono } from 'hono';
import { answerPage, answerWhole, type Env, exactNumber, refuse } from '../answers.ts';
import { showImage } from '../show-droplet.ts';
import { type Simulated, showRegion } from '../simulated.ts';
import type { Live } from '../store.ts';
import { providerTime } from '../world-fields.ts';

/** Routes that read volumes, snapshots and images. */
export function storageRoutes(simulated: Simulated): Hono<Env> {
  const { store } = simulated;
  const routes = new Hono<Env>();

  routes.get('/volumes', (c) => {
    const { name, region } = c.req.query();
    const items = store
      .live('volume', c.get('now'))
      .filter(
        ({ state }) => (name === undefined || state.name === name) && (region === undefined || state.region === region),
      );
    return answerPage(c, { key: 'volumes', items, show: (volume) => showVolume(simulated, volume) });
  });
  routes.get('/volumes/:id', (c) => {
    const volume = store.find('volume', c.req.param('id'), c.get('now'));
    return volume === undefined ? refuse(c, 'not_found') : c.json({ volume: showVolume(simulated, volume) });
  });
  routes.get('/volumes/:id/snapshots', (c) => {
    const items = store.live('snapshot', c.get('now')).filter(({ state }) => state.sourceId === c.req.param('id'));
    return answerPage(c, { key: 'snapshots', items, show: showSnapshot });
  });

  routes.get('/snapshots', (c) => {
    const type = c.req.query('resource_type');
    const items = store
      .live('snapshot', c.get('now'))
      .filter(({ state }) => type === undefined || state.source === type);
    return answerPage(c, { key: 'snapshots', items, show: showSnapshot });
  });
  routes.get('/snapshots/:id', (c) => {
    const snapshot = store.find('snapshot', c.req.param('id'), c.get('now'));
    return snapshot === undefined ? refuse(c, 'not_found') : c.json({ snapshot: showSnapshot(snapshot) });
  });

  // Snapshots and backups of droplets are images too.
  routes.get('/images', (c) => {
    const now = c.get('now');
    const own = [
      ...store.live('snapshot', now).flatMap((one) => (one.state.source === 'droplet' ? [showSnapshotImage(one)] : [])),
      ...store.live('backup', now).map(showBackupImage),
      ...store.live('custom_image', now).map(showCustomImage),
    ];
    return answerPage(c, {
      key: 'images',
      items:
        c.req.query('private') === 'true'
          ? own
          : c.req.query('type') === 'distribution'
            ? distributions.map((slug, index) => ({
                ...showImage(slug, [...simulated.regions.keys()]),
                id: 63_663_900 + index,
              }))
            : [],
      show: (image) => image,
    });
  });
  routes.get('/nfs', (c) => {
    const region = c.req.query('region');
    const items = store
      .live('nfs_share', c.get('now'))
      .filter(({ state }) => region === undefined || state.region === region);
    return answerWhole(c, {
      key: 'shares',
      items,
      show: ({ id, createdAt, state }) => ({
        id,
        name: state.name,
        size_gib: state.size,
        region: state.region,
        status: 'ACTIVE',
        created_at: providerTime(createdAt),
        performance_tier: state.tier,
      }),
    });
  });
  routes.get('/images/:image', (c) => {
    const image = imageOf(simulated, c.req.param('image'), c.get('now'));
    return image === undefined ? refuse(c, 'not_found') : c.json({ image });
  });
  return routes;
}

/** The public images that are listed; others that are named alike can be used too. */
const distributions = [
  'almalinux-9-x64',
  'debian-12-x64',
  'fedora-42-x64',
  'rockylinux-9-x64',
  'ubuntu-22-04-x64',
  'ubuntu-24-04-x64',
];
/** The slugs of the provider's distributions, in any version. */
const distribution = /^(almalinux|centos|debian|fedora|rockylinux|ubuntu)-[a-z0-9-]+$/;

/** An image of the account by its number, or a public image by its slug. */
function imageOf({ store, regions }: Simulated, named: string, now: number): object | undefined {
  if (!/^\d+$/.test(named)) {
    const isUsed = store.live('droplet', now).some(({ state }) => state.image === named);
    return distribution.test(named) || isUsed ? showImage(named, [...regions.keys()]) : undefined;
  }
  const snapshot = store.find('snapshot', named, now);
  if (snapshot?.state.source === 'droplet') return showSnapshotImage(snapshot);
  const backup = store.find('backup', named, now);
  return backup === undefined ? undefined : showBackupImage(backup);
}

/** A volume as the provider shows it. */
export function showVolume(simulated: Simulated, { id, createdAt, state }: Live<'volume'>): object {
  return {
    id,
    region: showRegion(simulated, state.region),
    droplet_ids: state.droplet === null ? [] : [Number(state.droplet)],
    name: state.name,
    description: state.description,
    size_gigabytes: state.size,
    created_at: providerTime(createdAt),
    filesystem_type: '',
    filesystem_label: '',
    tags: state.tags,
  };
}

/** A snapshot in the list of all snapshots, where its id is always text. */
export function showSnapshot({ id, createdAt, state }: Live<'snapshot'>): object {
  return {
    id,
    name: state.name,
    created_at: providerTime(createdAt),
    regions: state.regions,
    resource_id: state.sourceId,
    resource_type: state.source,
    min_disk_size: state.minDiskSize,
    size_gigabytes: exactNumber(state.size),
    tags: state.tags,
  };
}

const image = { distribution: 'Ubuntu', slug: null, public: false, description: '', status: 'available' };

function showSnapshotImage({ id, createdAt, state }: Live<'snapshot'>): object {
  return {
    ...image,
    id: Number(id),
    name: state.name,
    type: 'snapshot',
    regions: state.regions,
    created_at: providerTime(createdAt),
    min_disk_size: state.minDiskSize,
    size_gigabytes: exactNumber(state.size),
    tags: state.tags,
  };
}

function showCustomImage({ id, createdAt, state }: Live<'custom_image'>): object {
  return {
    ...image,
    id: Number(id),
    name: state.name,
    type: 'custom',
    regions: state.regions,
    created_at: providerTime(createdAt),
    min_disk_size: 0,
    size_gigabytes: exactNumber(state.size),
    tags: state.tags,
  };
}

function showBackupImage({ id, createdAt, state }: Live<'backup'>): object {
  return {
    ...image,
    id: Number(id),
    name: state.name,
    type: 'backup',
    regions: [state.region],
    created_at: providerTime(createdAt),
    min_disk_size: state.minDiskSize,
    size_gigabytes: exactNumber(state.size),
    tags: [],
  };
}
