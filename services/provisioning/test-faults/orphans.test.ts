import { type Actor, isRefusal, provisioning } from '@arcadia/contracts';
import { startSimulator } from '@arcadia/digitalocean-simulator';
import { connectBus, createLog, triggerJob } from '@arcadia/platform';
import { askService, eventually, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, it } from 'vitest';
import { powerOf, worker } from '../test/stage.ts';
import { openReplicas } from './replicas.ts';
import { worldOf } from './world.ts';

const actor: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };

/** The first creation is answered with 500 and takes effect eight seconds later, beside the droplet created in its place. */
const twin = { kind: '500-before-effect', seconds: 8, times: 1, match: { method: 'POST', path: '^/v2/droplets$' } };

it.each(['orphans.found', 'orphans.removed'])(
  'provisioning: a replica killed at %s is replaced, and the twin of a droplet is removed once',
  { timeout: 240_000 },
  async (killPoint) => {
    await using database = await throwawayDatabase({ service: 'provisioning' });
    await using nats = await throwawayNats();
    await using simulator = await startSimulator({ world: worldOf([twin]), clock: () => Temporal.Now.instant() });
    const env = {
      NATS_URL: nats.url,
      DATABASE_URL: database.url,
      DIGITALOCEAN_API_URL: simulator.url,
      DIGITALOCEAN_TOKEN: 't',
      ARCADIA_WRITE: '1',
    };
    let kills = 0;
    const replicas = await openReplicas(env, (point) => {
      if (point !== killPoint || kills > 0) return 'continue';
      kills += 1;
      return 'kill';
    });
    try {
      const reply = await eventually(
        'a reply',
        () => askService(nats, provisioning.startSaga, { kind: 'provision_droplet', inputs: worker }, { actor }),
        { timeoutMs: 60_000 },
      );
      if (isRefusal(reply)) throw new Error(reply.detail);
      const sagaOf = async () => {
        const saga = await askService(nats, provisioning.getSaga, { saga_id: reply.saga_id }, { actor });
        return isRefusal(saga) ? null : saga;
      };
      const droplets = () =>
        simulator
          .snapshot()
          .objects.filter(
            ({ kind, birth, createdAt }) =>
              kind === 'droplet' && 'name' in birth && birth.name === worker.name && createdAt <= Date.now(),
          );
      const saga = await eventually(
        'the saga and its twin',
        async () => {
          const present = await sagaOf();
          const powers = await Promise.all(droplets().map(({ id }) => powerOf(simulator, Number(id))));
          const isActive = powers.filter((power) => power.endsWith(' active')).length === 2;
          return present?.status === 'completed' && isActive ? present : null;
        },
        { timeoutMs: 60_000 },
      );
      const bus = await connectBus(
        { servers: [nats.url] },
        { name: 'test', log: createLog({ name: 'test', level: 'silent' }) },
      );
      const scheduledAt = Temporal.Now.instant().add({ minutes: 10 });
      await triggerJob(bus, 'provisioning', 'remove-orphans', { scheduledAt });
      await bus.close();
      const after = await eventually(
        'the twin is removed',
        async () => {
          const present = await sagaOf();
          return present?.orphans[0]?.removed_at === null || present?.orphans.length === 0 ? null : present;
        },
        { timeoutMs: 180_000 },
      );
      expect(kills).toBe(1);
      const left = droplets().filter(({ destroyedAt }) => destroyedAt === null);
      expect(left.map(({ id }) => id)).toEqual([saga.context['droplet_id']]);
      expect(after?.orphans).toHaveLength(1);
      expect(simulator.snapshot().actions.filter(({ type }) => type === 'destroy')).toHaveLength(1);
    } finally {
      await replicas.close();
    }
  },
);
