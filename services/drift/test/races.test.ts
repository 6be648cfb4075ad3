import { drift, inventorySync, isRefusal, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { publishEvent, publishedEvents, startTestService } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { service } from '../src/index.ts';
import { type Observed, observed, openStage, type Provisioned, provisioned } from './stage.ts';

const fleet = 400;
const numbers = Array.from({ length: fleet }, (_, index) => 1_000 + index);
const spec = { image: 'debian', region: 'syd1', size_slug: 's-1vcpu-1gb', tags: ['a', 'b'], vpc: 'v1' };
const isDrifting = (number: number): boolean => number % 2 === 0;

/** Half of the fleet differs in every field. */
const desiredState = (number: number): Provisioned => provisioned(number, { spec });
const actualState = (number: number, given: Partial<Observed> = {}): Observed => {
  const { region, ...attrs } = isDrifting(number)
    ? { image: 'ubuntu', region: 'fra1', size_slug: 's-2vcpu-2gb', tags: ['c'], vpc: 'v2' }
    : spec;
  return observed(number, { region, attrs, ...given });
};

describe('drift: two replicas that consume and sweep at the same time', () => {
  it('open one row per differing field and publish each once', { timeout: 60_000 }, async () => {
    await using stage = await openStage();
    const { database, nats, clock } = stage;
    await using second = await startTestService(service, { database, nats, clock });
    const chunks = Array.from({ length: 8 }, (_, index) => numbers.filter((number) => number % 8 === index));
    await Promise.all([
      ...chunks.flatMap((chunk) => [
        publishEvent(
          nats,
          inventorySync.resourceObserved,
          chunk.map((number) => actualState(number)),
        ),
        publishEvent(nats, provisioning.resourceProvisioned, chunk.map(desiredState)),
        // The same events again, as after a lost acknowledgement, in another order.
        publishEvent(
          nats,
          inventorySync.resourceObserved,
          chunk.toReversed().map((number) => actualState(number)),
          {
            headers: { 'Nats-Msg-Id': `again-${chunk[0]}` },
          },
        ),
      ]),
      ...['00:20', '01:20', '02:20', '03:20'].map((time) => stage.sweep(`2026-04-01T${time}:00Z`)),
    ]);
    await untilQuiet([stage.running, second], { timeoutMs: 30_000 });
    await stage.sweep('2026-04-01T04:20:00Z');

    const detected = (await publishedEvents(database, drift.driftDetected)).map(({ data }) => data);
    const keys = detected.map(({ resource_id, field }) => `${resource_id} ${field}`);
    expect(keys).toHaveLength((fleet / 2) * 5);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await publishedEvents(database, drift.driftClosed)).toEqual([]);
    const { rows } = await stage.openRows();
    expect(rows).toEqual([{ rows: String((fleet / 2) * 5), fields: String((fleet / 2) * 5) }]);
  });

  it('close each row once when its field no longer differs', { timeout: 60_000 }, async () => {
    await using stage = await openStage();
    const { database, nats, clock } = stage;
    await using second = await startTestService(service, { database, nats, clock });
    await stage.provision(...numbers.map(desiredState));
    await stage.observe(...numbers.map((number) => actualState(number)));
    const corrected = { revision: 2, effective_at: '2026-04-01T01:00:00Z', observed_at: '2026-04-01T01:00:00Z' };
    const { region, ...attrs } = spec;
    await Promise.all([
      publishEvent(
        nats,
        inventorySync.resourceObserved,
        numbers.map((number) => actualState(number, { ...corrected, region, attrs })),
      ),
      ...['01:20', '02:20', '03:20'].map((time) => stage.sweep(`2026-04-01T${time}:00Z`)),
    ]);
    await untilQuiet([stage.running, second], { timeoutMs: 30_000 });
    const closed = (await publishedEvents(database, drift.driftClosed)).map(({ data }) => data);
    expect(new Set(closed.map(({ drift_id }) => drift_id)).size).toBe((fleet / 2) * 5);
    expect(closed).toHaveLength((fleet / 2) * 5);
    expect(await stage.openRows()).toMatchObject({ rows: [{ rows: '0' }] });
  });
});

describe('drift: two operators at the same time', () => {
  it('who accept and revert the same row: the second is refused with a conflict', async () => {
    await using stage = await openStage();
    const { database, nats, clock } = stage;
    await using _second = await startTestService(service, { database, nats, clock });
    await stage.provision(...numbers.slice(0, 20).map((number) => provisioned(number)));
    await stage.observe(...numbers.slice(0, 20).map((number) => observed(number)));
    const { items } = await stage.get(drift.listDrift, { limit: 50 });
    expect(items).toHaveLength(20);
    const answers = await Promise.all(
      items.flatMap(({ drift_id, resource_name }) => [
        stage.request(drift.acceptDrift, { drift_id }),
        stage.request(drift.revertDrift, { drift_id, confirm: resource_name ?? '' }),
      ]),
    );
    expect(answers.filter(isRefusal)).toHaveLength(20);
    for (const refusal of answers.filter(isRefusal)) expect(refusal).toMatchObject({ refused: 'conflict' });
    const accepted = await publishedEvents(database, drift.driftAccepted);
    const reverting = await publishedEvents(database, drift.driftRevertRequested);
    const requested = [...accepted, ...reverting].map(({ data }) => data.drift_id);
    expect(requested.toSorted()).toEqual(items.map(({ drift_id }) => drift_id).toSorted());
  });
});
