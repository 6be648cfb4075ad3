import { drift, inventorySync, isRefusal, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { publishEvent, publishedEvents, startTestService } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { service } from '../src/index.ts';
import { type Observed, observed, type Provisioned, startDrift, wanted } from './started.ts';

const fleet = 400;
const numbers = Array.from({ length: fleet }, (_, index) => 1_000 + index);
const asked = { image: 'debian', region: 'syd1', size_slug: 's-1vcpu-1gb', tags: ['a', 'b'], vpc: 'v1' };
const isDrifting = (number: number): boolean => number % 2 === 0;

/** Half of it differs in every field. */
const wish = (number: number): Provisioned => wanted(number, { spec: asked });
const sight = (number: number, given: Partial<Observed> = {}): Observed => {
  const { region, ...attrs } = isDrifting(number)
    ? { image: 'ubuntu', region: 'fra1', size_slug: 's-2vcpu-2gb', tags: ['c'], vpc: 'v2' }
    : asked;
  return observed(number, { region, attrs, ...given });
};

describe('two replicas that hear and sweep at once', () => {
  it('open one row for each field of each resource that differs, and say each once', { timeout: 60_000 }, async () => {
    await using world = await startDrift();
    const { database, nats, clock } = world;
    await using second = await startTestService(service, { database, nats, clock });
    const chunks = Array.from({ length: 8 }, (_, index) => numbers.filter((number) => number % 8 === index));
    await Promise.all([
      ...chunks.flatMap((chunk) => [
        publishEvent(
          nats,
          inventorySync.resourceObserved,
          chunk.map((number) => sight(number)),
        ),
        publishEvent(nats, provisioning.resourceProvisioned, chunk.map(wish)),
        // The same again, as after a lost acknowledgement, and in another order.
        publishEvent(
          nats,
          inventorySync.resourceObserved,
          chunk.toReversed().map((number) => sight(number)),
          {
            headers: { 'Nats-Msg-Id': `again-${chunk[0]}` },
          },
        ),
      ]),
      ...['00:20', '01:20', '02:20', '03:20'].map((time) => world.sweep(`2026-04-01T${time}:00Z`)),
    ]);
    await untilQuiet([world.running, second], { timeoutMs: 30_000 });
    await world.sweep('2026-04-01T04:20:00Z');

    const detected = (await publishedEvents(database, drift.driftDetected)).map(({ data }) => data);
    const keys = detected.map(({ resource_id, field }) => `${resource_id} ${field}`);
    expect(keys).toHaveLength((fleet / 2) * 5);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await publishedEvents(database, drift.driftClosed)).toEqual([]);
    const { rows } = await world.openRows();
    expect(rows).toEqual([{ rows: String((fleet / 2) * 5), fields: String((fleet / 2) * 5) }]);
  });

  it('close what was mended, each row once', { timeout: 60_000 }, async () => {
    await using world = await startDrift();
    const { database, nats, clock } = world;
    await using second = await startTestService(service, { database, nats, clock });
    await world.want(...numbers.map(wish));
    await world.observe(...numbers.map((number) => sight(number)));
    const mended = { revision: 2, effective_at: '2026-04-01T01:00:00Z', observed_at: '2026-04-01T01:00:00Z' };
    const { region, ...attrs } = asked;
    await Promise.all([
      publishEvent(
        nats,
        inventorySync.resourceObserved,
        numbers.map((number) => sight(number, { ...mended, region, attrs })),
      ),
      ...['01:20', '02:20', '03:20'].map((time) => world.sweep(`2026-04-01T${time}:00Z`)),
    ]);
    await untilQuiet([world.running, second], { timeoutMs: 30_000 });
    const closed = (await publishedEvents(database, drift.driftClosed)).map(({ data }) => data);
    expect(new Set(closed.map(({ drift_id }) => drift_id)).size).toBe((fleet / 2) * 5);
    expect(closed).toHaveLength((fleet / 2) * 5);
    expect(await world.openRows()).toMatchObject({ rows: [{ rows: '0' }] });
  });
});

describe('two operators at once', () => {
  it('who want the same row accepted and reverted: one is told that the other was first', async () => {
    await using world = await startDrift();
    const { database, nats, clock } = world;
    await using _second = await startTestService(service, { database, nats, clock });
    await world.want(...numbers.slice(0, 20).map((number) => wanted(number)));
    await world.observe(...numbers.slice(0, 20).map((number) => observed(number)));
    const { items } = await world.get(drift.listDrift, { limit: 50 });
    expect(items).toHaveLength(20);
    const answers = await Promise.all(
      items.flatMap(({ drift_id }) => [
        world.ask(drift.acceptDrift, { drift_id }),
        world.ask(drift.revertDrift, { drift_id }),
      ]),
    );
    expect(answers.filter(isRefusal)).toHaveLength(20);
    for (const refusal of answers.filter(isRefusal)) expect(refusal).toMatchObject({ refused: 'conflict' });
    const accepted = await publishedEvents(database, drift.driftAccepted);
    const reverting = await publishedEvents(database, drift.driftRevertRequested);
    const asking = [...accepted, ...reverting].map(({ data }) => data.drift_id);
    expect(asking.toSorted()).toEqual(items.map(({ drift_id }) => drift_id).toSorted());
  });
});
