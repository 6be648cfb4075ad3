import { invoicing, isRefusal, metering, provisioning, refuse } from '@arcadia/contracts';
import { forService } from '@arcadia/platform';
import { askService, publishEvent, publishedEvents, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { daysBetween } from '../src/domain/days/windows.ts';
import { ingest, quantityOf, report } from './reported-usage.ts';
import { deploymentChange, deploymentId, granted, operator, stage, subscription, tenantActor } from './stage.ts';

test('the same report twice is counted once, and the same id with different content is refused', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  expect(await ingest(on, [report({}), report({})])).toEqual({ accepted: 1, duplicates: 1, refused: [] });
  expect(await ingest(on, [report({})])).toEqual({ accepted: 0, duplicates: 1, refused: [] });
  expect(await ingest(on, [report({ quantity: '1001' }), report({ id: 'r2' })])).toMatchObject({
    accepted: 1,
    refused: [{ index: 0, reason: 'id-reused' }],
  });
  expect(await quantityOf(on, {})).toEqual([{ kind: 'llm_input_tokens', quantity: '2000', is_live: true }]);
  const batches = await publishedEvents(on.database, metering.usageReported);
  expect(batches.map(({ data }) => data.reports.map(({ id }) => id))).toEqual([['r1'], ['r2']]);
});

test('within one batch the first report of an id counts, another spelling is a duplicate, different content is refused', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  const spelled = report({ quantity: '1000.0', time: '2026-04-10T12:00:00.000Z' });
  expect(
    await ingest(on, [report({}), spelled, report({ quantity: '2' }), report({ kind: 'bandwidth_gb' })]),
  ).toMatchObject({
    accepted: 1,
    duplicates: 1,
    refused: [
      { index: 2, reason: 'id-reused' },
      { index: 3, reason: 'id-reused' },
    ],
  });
  expect(await ingest(on, [spelled])).toEqual({ accepted: 0, duplicates: 1, refused: [] });
});

test('a report of a day that was never metered has that day metered', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  await ingest(on, [report({ time: '2026-01-05T00:00:00Z' }), report({ id: 'r2', time: '2026-04-09T23:00:00Z' })]);
  await on.metering.settled();
  const facts = (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data);
  // Yesterday is left to the schedule.
  expect(facts.map(({ period_start, lines }) => [period_start, lines[0]?.unit_seconds])).toEqual([
    ['2026-01-05T00:00:00Z', '1000'],
  ]);
});

test('each reason to refuse a report has its own word', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  const reasons = async (fields: Partial<metering.UsageReport>, actor = operator) =>
    (await ingest(on, [report(fields)], actor)).refused.map(({ reason }) => reason);
  expect(await reasons({ kind: 'unicorns' })).toEqual(['unknown-kind']);
  const [misspelt] = (await ingest(on, [report({ kind: 'bandwith_gb' })], operator)).refused;
  expect(misspelt?.detail).toBe('bandwith_gb is not a kind that is metered; near it: bandwidth_gb');
  expect(await reasons({}, tenantActor('other'))).toEqual(['unknown-deployment']);
  expect(await reasons({ time: '2026-04-10T14:00:00Z' })).toEqual(['time-in-future']);
  expect(await reasons({ quantity: '-1' })).toEqual(['invalid-report']);
  expect(await reasons({ form: 'reading' })).toEqual(['invalid-report']);
  expect(await reasons({}, tenantActor('acme.com'))).toEqual([]);
});

test('a bucket read at 100 GB on 16 April and kept is 50 GB-months', async () => {
  await using on = await stage('2026-04-16T00:00:00Z');
  await on.deploy('shop');
  const reading = { form: 'reading', kind: 'spaces_gb_month', subject: 'photos', quantity: '100' } as const;
  await ingest(on, [report({ ...reading, time: '2026-04-16T00:00:00Z' })]);
  for (const day of daysBetween('2026-04-16', '2026-04-30')) await on.meterDay(day);
  expect(await quantityOf(on, { from: '2026-04-01', to: '2026-05-01' })).toEqual([
    { kind: 'spaces_gb_month', quantity: '50', is_live: false },
  ]);
});

test('a report about a metered day has that day metered again, and a reading every day until the next', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.deploy('shop');
  for (const day of daysBetween('2026-04-01', '2026-04-04')) await on.meterDay(day);
  const reading = { form: 'reading', kind: 'spaces_gb_month', subject: 'photos' } as const;
  await ingest(on, [report({ id: 'a', time: '2026-04-02T23:59:59.5Z', quantity: '7' })]);
  await ingest(on, [
    report({ ...reading, id: 'b', time: '2026-04-02T12:00:00Z', quantity: '10' }),
    report({ ...reading, id: 'c', time: '2026-04-03T12:00:00Z', quantity: '0' }),
  ]);
  await on.metering.settled();
  const facts = await publishedEvents(on.database, metering.usageAccrued);
  const last = new Map(
    facts.map(({ data }) => [data.period_start, data.lines.map((line) => [line.kind, line.unit_seconds])]),
  );
  expect(last).toEqual(
    new Map([
      [
        '2026-04-02T00:00:00Z',
        [
          ['llm_input_tokens', '7'],
          ['spaces_gb_month', '432000'],
        ],
      ],
      ['2026-04-03T00:00:00Z', [['spaces_gb_month', '432000']]],
    ]),
  );
  expect(facts.every(({ data }) => metering.linesHash(data.lines) === data.hash)).toBe(true);
  const { items } = granted(
    await askService(
      on.nats,
      metering.showEvidence,
      { deployment_id: deploymentId('shop') },
      { actor: tenantActor('acme.com') },
    ),
  );
  expect(items.map(({ kind, reports }) => [kind, reports.map(({ id }) => id)])).toEqual([
    ['llm_input_tokens', ['a']],
    ['spaces_gb_month', ['b']],
    ['spaces_gb_month', ['b', 'c']],
  ]);
});

test('a bucket that is both reported and observed is counted once: the observation counts while it lasts', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.deploy('shop');
  const reading = { form: 'reading', kind: 'spaces_gb_month' } as const;
  await ingest(on, [
    report({ ...reading, id: 'a', subject: 'photos', time: '2026-04-01T00:00:00Z', quantity: '100' }),
    report({ ...reading, id: 'b', subject: 'films', time: '2026-04-01T00:00:00Z', quantity: '5' }),
  ]);
  const bucket = { kind: 'spaces_bucket', name: 'photos' };
  await on.observe({ ...bucket, at: '2026-04-01T00:00:00Z', revision: 1 });
  for (const day of daysBetween('2026-04-01', '2026-04-03')) await on.meterDay(day);
  const seconds = async () =>
    granted(
      await askService(
        on.nats,
        metering.listUsage,
        { from: '2026-04-01', to: '2026-04-04', group_by: 'day', kind: 'spaces_gb_month' },
        { actor: operator },
      ),
    ).items.map(({ parts }) => parts[0]?.unit_seconds);
  // Listed by a project with unknown size: only the readings count.
  expect(await seconds()).toEqual([105, 105, 105].map((gigabytes) => String(gigabytes * 86_400)));
  await on.observe(
    { ...bucket, at: '2026-04-02T00:00:00Z', revision: 2, attrs: { size_gb: '110' } },
    { ...bucket, at: '2026-04-03T12:00:00Z', revision: 3, isPresent: false },
  );
  expect(await seconds()).toEqual([105, 115, 5 + 55 + 50].map((gigabytes) => String(gigabytes * 86_400)));
});

test("another tenant's bucket of the same name changes nothing", async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.deploy('shop');
  await on.observe({
    kind: 'spaces_bucket',
    name: 'photos',
    at: '2026-04-01T00:00:00Z',
    revision: 1,
    tenant: 'other',
    deployment: 'theirs',
    attrs: { size_gb: '7' },
  });
  const reading = { form: 'reading', kind: 'spaces_gb_month', subject: 'photos' } as const;
  await ingest(on, [report({ ...reading, time: '2026-04-01T00:00:00Z', quantity: '30' })]);
  await on.meterDay('2026-04-01');
  expect(await quantityOf(on, { from: '2026-04-01', to: '2026-04-02', deployment_id: deploymentId('shop') })).toEqual([
    { kind: 'spaces_gb_month', quantity: '1', is_live: false },
  ]);
});

test('usage of a closed period is a late fact inside its window, and refused after it', async () => {
  await using on = await stage('2026-04-30T00:00:00Z');
  await on.deploy('shop');
  await on.meterDay('2026-04-30');
  await askService(on.nats, metering.closePeriod, { period: '2026-04', accept_missing: true }, { actor: operator });
  on.clock.set(Temporal.Instant.from('2026-05-20T00:00:00Z'));
  expect(await ingest(on, [report({ time: '2026-04-30T12:00:00Z' })])).toMatchObject({ accepted: 1 });
  await on.metering.settled();
  expect((await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data.close_revision)).toEqual([
    2,
  ]);
  on.clock.set(Temporal.Instant.from('2026-07-01T00:00:00Z'));
  expect((await ingest(on, [report({ id: 'r9' })])).refused).toMatchObject([{ reason: 'period-closed' }]);
});

test("another tenant's evidence is answered like a deployment that does not exist", async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  const ask = (deployment: string) =>
    askService(on.nats, metering.showEvidence, { deployment_id: deployment }, { actor: tenantActor('other') });
  for (const deployment of [deploymentId('shop'), deploymentId('nowhere')]) {
    const answer = await ask(deployment);
    expect(isRefusal(answer) && answer).toEqual({
      refused: 'not-found',
      detail: `Deployment ${deployment} does not exist.`,
    });
  }
});

test('a hard cap refuses a report that exceeds it, and never a repetition', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  const capped = subscription();
  const [item] = capped.plan.items;
  if (item === undefined) throw new Error('a plan without items');
  capped.plan.items.push({ ...item, kind: 'llm_input_tokens', included_qty: '500', hard_cap_qty: '1500' });
  await publishEvent(on.nats, invoicing.subscriptionChanged, capped);
  await on.metering.settled();
  expect(
    await ingest(on, [report({ id: 'a' }), report({ id: 'b' }), report({ id: 'c', quantity: '500' })]),
  ).toMatchObject({
    accepted: 2,
    refused: [{ index: 1, id: 'b', reason: 'hard-cap-reached' }],
  });
  expect(await ingest(on, [report({ id: 'a' })])).toEqual({ accepted: 0, duplicates: 1, refused: [] });
  const { refused } = await ingest(on, [report({ id: 'd', quantity: '0.000001' })]);
  expect(refused.map(({ reason }) => reason)).toEqual(['hard-cap-reached']);
});

test('a deployment created a moment ago is requested from provisioning once and known from then on', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  const {
    effective_at: _,
    change: __,
    previous_state: ___,
    actor: ____,
    reason: _____,
    ...view
  } = deploymentChange('new');
  let asked = 0;
  const owner = forService<unknown, Record<string, never>>().defineService({
    name: 'provisioning',
    schema: null,
    config: () => ({}),
    migrations: {},
    publishes: [],
    consumes: [],
    jobs: [],
    answers: [
      forService().answer(provisioning.getDeployment, async ({ input }) => {
        asked += 1;
        if (input.deployment_id !== view.deployment_id) return refuse('not-found', 'no such deployment');
        return { ...view, updated_at: view.created_at };
      }),
    ],
  });
  await using _owner = await startTestService(owner, { database: null, nats: on.nats });
  const of = (id: string, name: string) => report({ id, deployment_id: deploymentId(name) });
  expect(await ingest(on, [of('a', 'new'), of('b', 'nowhere')])).toMatchObject({
    accepted: 1,
    refused: [{ index: 1, reason: 'unknown-deployment' }],
  });
  expect(await ingest(on, [of('c', 'new')])).toMatchObject({ accepted: 1, refused: [] });
  expect(asked).toBe(2);
});

test('the largest and the finest quantities are kept to the last digit', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  const [large, fine] = ['9'.repeat(15), `0.${'0'.repeat(11)}1`];
  await ingest(on, [report({ id: 'a', quantity: large }), report({ id: 'b', quantity: fine })]);
  const { items } = granted(await askService(on.nats, metering.listUsage, {}, { actor: operator }));
  expect(items[0]?.parts).toEqual([{ unit_seconds: `${large}.${'0'.repeat(11)}1`, divisor: '1' }]);
});

test('a quantity that is too large or too fine is refused, and its neighbours in the batch are not', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop');
  const quantities = ['9'.repeat(40), '1', `1${'0'.repeat(15)}`, `0.${'0'.repeat(12)}1`, `${'9'.repeat(15)}.5`];
  const answer = await ingest(
    on,
    quantities.map((quantity, index) => report({ id: `r${index}`, quantity })),
    tenantActor('acme.com'),
  );
  expect([answer.accepted, answer.refused.map(({ index, reason }) => [index, reason])]).toEqual([
    2,
    [
      [0, 'invalid-report'],
      [2, 'invalid-report'],
      [3, 'invalid-report'],
    ],
  ]);
  expect(answer.refused[1]?.detail).toBe(
    'a quantity of 1000000000000000 has more than 15 digits before the point or 12 after it; report it in parts, or rounded',
  );
});

test('quantities stored before the bound existed can still be metered, listed and closed', async () => {
  await using on = await stage('2026-04-10T13:00:00Z');
  await on.deploy('shop', 'blog');
  await ingest(on, [
    report({ id: 'a', kind: 'dns_zones' }),
    report({ id: 'b', kind: 'dns_zones' }),
    report({ id: 'c', deployment_id: deploymentId('blog') }),
  ]);
  const stored = ['9'.repeat(40), `0.${'0'.repeat(39)}1`];
  await sql`UPDATE usage_reports SET quantity = (CASE id WHEN 'a' THEN ${stored[0]} ELSE ${stored[1]} END)::numeric
    WHERE id <> 'c'`.execute(on.metering.context.db);
  const kinds = async () =>
    new Set((await quantityOf(on, { from: '2026-04-10', to: '2026-04-11' })).map((one) => one.kind));
  expect(await kinds()).toEqual(new Set(['dns_zones', 'llm_input_tokens']));
  await on.meterDay('2026-04-10');
  expect(await kinds()).toEqual(new Set(['dns_zones', 'llm_input_tokens']));
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  const closed = await askService(
    on.nats,
    metering.closePeriod,
    { period: '2026-04', accept_missing: true },
    { actor: operator },
  );
  expect(closed).toMatchObject({ status: 'closed', facts: 2 });
});
