import { isRefusal, metering, nameUuid, resourceId } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploymentId, granted, operator, stage, tenantActor } from './stage.ts';

const day = 86_400;
let at: Awaited<ReturnType<typeof stage>>;
beforeAll(async () => {
  at = await stage('2026-04-03T06:00:00Z');
  await at.deploy('shop');
  await at.observe(
    { kind: 'droplet', name: '1', at: '2026-03-20T00:00:00Z', revision: 1 },
    { kind: 'droplet', name: '2', at: '2026-04-02T12:00:00Z', revision: 1 },
    { kind: 'volume', name: 'v', at: '2026-04-01T06:00:00Z', revision: 1, attrs: { size_gb: '10' } },
  );
  const usage = { source: 'test', deployment_id: deploymentId('shop') };
  granted(
    await askService(
      at.nats,
      metering.ingestUsage,
      {
        reports: [
          {
            ...usage,
            id: '1',
            form: 'usage',
            subject: null,
            kind: 'bandwidth_gb',
            time: '2026-04-01T10:00:00Z',
            quantity: '7',
          },
          {
            ...usage,
            id: '2',
            form: 'reading',
            subject: 'files',
            kind: 'spaces_gb_month',
            time: '2026-03-30T00:00:00Z',
            quantity: '5',
          },
        ],
      },
      { actor: operator },
    ),
  );
  for (const each of ['2026-04-01', '2026-04-02']) await at.meterDay(each);
  await at.metering.settled();
});
afterAll(() => at[Symbol.asyncDispose]());

const db = () => at.metering.context.db;
const ask = <Contract extends Parameters<typeof askService>[1]>(
  contract: Contract,
  input: Parameters<typeof askService<Contract>>[2],
  actor = operator,
) => askService(at.nats, contract, input, { actor });

const replay = async (apply = false) => {
  const { replay_id } = granted(await ask(metering.startReplay, { period: '2026-04', apply }));
  await at.metering.settled();
  return granted(await ask(metering.getReplay, { replay_id }));
};
const differencesOf = async (replay_id: string) =>
  granted(await ask(metering.listReplayDifferences, { replay_id })).items.map((row) => [
    row.kind,
    row.period_start.slice(0, 10),
    row.unit_seconds,
    row.replayed_unit_seconds,
  ]);
const facts = async () =>
  (
    await sql`SELECT period_start, deployment_id, resource_id, kind, unit_seconds FROM usage_records ORDER BY 1, 2, 3, 4`.execute(
      db(),
    )
  ).rows;

describe('replays of a period', () => {
  test('a replay derives every fact from the streams and leaves no tables behind', async () => {
    const found = await replay();
    expect(found).toMatchObject({
      status: 'agrees',
      observations: 3,
      reports: 2,
      unreadable: 0,
      lines: 2 + 1 + 2 + 1 + 2,
      differing: 0,
      asked_by: 'op',
      detail: null,
    });
    const left =
      await sql`SELECT 1 FROM pg_class WHERE relname LIKE 'replay_%_' || ${found.replay_id.replaceAll('-', '')}`.execute(
        db(),
      );
    expect(left.rows).toEqual([]);
    expect(granted(await ask(metering.listReplays, { period: '2026-04' })).items).toHaveLength(1);
    const published = await publishedEvents(at.database, metering.replayChanged);
    expect(published.map(({ data }) => [data.replay_id, data.status, data.completed_at === null])).toEqual([
      [found.replay_id, 'running', true],
      [found.replay_id, 'agrees', false],
    ]);
  });

  test('a replay finds what a restored backup has lost, and restores it when applied', async () => {
    const before = await facts();
    const second = resourceId('digitalocean', 'droplet', '2');
    // The state of a Postgres restored from a backup before these messages, with the days metered afterwards.
    await sql`DELETE FROM observations WHERE resource_id = ${second}`.execute(db());
    await sql`DELETE FROM states WHERE resource_id = ${second}`.execute(db());
    await sql`DELETE FROM usage_reports WHERE id = '1'`.execute(db());
    await sql`INSERT INTO pending_days SELECT day, ${deploymentId('shop')}::uuid FROM metered_days`.execute(db());
    await at.metering.runJob('meter-touched-days', '2026-04-03T06:10:00Z');
    expect((await facts()).length).toBe(before.length - 2);

    const dry = await replay();
    expect(dry).toMatchObject({ status: 'differs', differing: 2, pending: 0 });
    expect(await differencesOf(dry.replay_id)).toEqual([
      ['bandwidth_gb', '2026-04-01', null, '7'],
      ['droplet_hours', '2026-04-02', null, String(day / 2)],
    ]);
    expect(granted(await ask(metering.listReplayedTenants, { replay_id: dry.replay_id })).items).toEqual([
      {
        tenant_id: 'acme.com',
        kind: 'bandwidth_gb',
        divisor: '1',
        lines: 1,
        unit_seconds: '0',
        replayed_unit_seconds: '7',
      },
      {
        tenant_id: 'acme.com',
        kind: 'droplet_hours',
        divisor: '3600',
        lines: 1,
        unit_seconds: '0',
        replayed_unit_seconds: String(day / 2),
      },
    ]);
    expect((await facts()).length).toBe(before.length - 2);

    expect(await replay(true)).toMatchObject({ status: 'applied' });
    expect(await facts()).toEqual(before);
    expect(await replay()).toMatchObject({ status: 'agrees', differing: 0, pending: 0 });
    const reported = await publishedEvents(at.database, metering.usageReported);
    expect(reported.flatMap(({ data }) => data.reports)).toHaveLength(2);
  });

  test('a replay finds altered facts, and publishes correct ones in a higher revision when applied', async () => {
    const before = await facts();
    await sql`UPDATE usage_records SET unit_seconds = unit_seconds * 2 WHERE kind = 'droplet_hours' AND period_start = '2026-04-01'`.execute(
      db(),
    );
    const dry = await replay();
    expect(await differencesOf(dry.replay_id)).toEqual([['droplet_hours', '2026-04-01', String(2 * day), String(day)]]);
    expect(await replay(true)).toMatchObject({ status: 'applied', differing: 1 });
    expect(await facts()).toEqual(before);
    const accrued = (await publishedEvents(at.database, metering.usageAccrued)).map(({ data }) => data);
    const last = accrued.findLast(({ period_start }) => period_start === '2026-04-01T00:00:00Z');
    expect(last?.revision).toBe(Math.max(...accrued.map(({ revision }) => revision)));
    expect(last?.hash).toBe(metering.linesHash(last?.lines ?? []));
  });

  test('a replay is for operators, and only of a period that exists', async () => {
    const unknown = await ask(metering.startReplay, { period: '2031-01' });
    expect(isRefusal(unknown) && unknown.refused).toBe('not-found');
    const none = await ask(metering.getReplay, { replay_id: nameUuid('none') });
    expect(isRefusal(none) && none.refused).toBe('not-found');
    const tenant = await ask(metering.startReplay, { period: '2026-04' }, tenantActor('acme.com'));
    expect(isRefusal(tenant) && tenant.refused).toBe('forbidden');
  });
});
