import { metering, resourceId } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { deploymentId, granted, operator, type Seen, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;

const droplet = (revision: number, at: string, size: string, fields: Partial<Seen> = {}): Seen => ({
  kind: 'droplet',
  name: 'd1',
  at,
  revision,
  attrs: { size_slug: size },
  ...fields,
});

const ask = async <Contract extends Parameters<typeof askService>[1]>(
  on: Stage,
  contract: Contract,
  input: Parameters<typeof askService<Contract>>[2],
) => granted(await askService(on.nats, contract, input, { actor: operator }));

const published = async (on: Stage) =>
  (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data);

test('a droplet that is resized at 13:37:21.5 is metered for each size to the microsecond, in one fact', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(
    droplet(1, '2026-04-01T00:00:00Z', 's-1vcpu-1gb'),
    droplet(2, '2026-04-01T13:37:21.500001Z', 'g-32vcpu-128gb'),
  );
  await on.meterDay('2026-04-01');
  const [fact, ...others] = await published(on);
  expect(others).toEqual([]);
  expect(fact?.lines.map((line) => [line.dimension, line.unit_seconds, line.observations])).toEqual([
    ['g-32vcpu-128gb', '37358.499999', [2]],
    ['s-1vcpu-1gb', '49041.500001', [1]],
  ]);
  expect(fact?.hash).toBe(metering.linesHash(fact?.lines ?? []));
});

test('a size that is corrected later replaces the line of the old size, and a droplet resized back has one line a size', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(droplet(1, '2026-04-01T00:00:00Z', 's-1vcpu-1gb'));
  await on.meterDay('2026-04-01');
  await on.observe(
    droplet(3, '2026-04-01T18:00:00Z', 's-1vcpu-1gb'),
    droplet(2, '2026-04-01T12:00:00Z', 's-2vcpu-4gb'),
  );
  await on.metering.settled();
  const facts = await published(on);
  expect(facts.map(({ revision }) => revision)).toEqual(facts.map((_, index) => index + 1));
  expect(facts.at(-1)?.lines.map((line) => [line.dimension, line.unit_seconds, line.observations])).toEqual([
    ['s-1vcpu-1gb', '64800', [1, 3]],
    ['s-2vcpu-4gb', '21600', [2]],
  ]);
});

test('usage is grouped by dimension, live usage too, and evidence names the dimension of each line', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(
    droplet(1, '2026-04-01T00:00:00Z', 's-1vcpu-1gb'),
    droplet(2, '2026-04-01T12:00:00Z', 's-2vcpu-4gb'),
    droplet(1, '2026-04-01T00:00:00Z', 's-2vcpu-4gb', { name: 'd2', deployment: 'blog' }),
    { kind: 'dns_zone', name: 'shop.example', at: '2026-04-01T00:00:00Z', revision: 1 },
  );
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-04-02T06:00:00Z'));
  const rows = async (group_by: 'dimension' | 'resource' | 'kind') =>
    (await ask(on, metering.listUsage, { group_by, kind: 'droplet_hours' })).items;
  expect((await rows('dimension')).map((row) => [row.dimension, row.quantity, row.is_live])).toEqual([
    ['s-1vcpu-1gb', '12', false],
    ['s-2vcpu-4gb', '48', true],
  ]);
  expect((await rows('kind')).map((row) => [row.dimension, row.quantity])).toEqual([[null, '60']]);
  const first = resourceId('digitalocean', 'droplet', 'd1');
  expect(
    (await rows('resource')).filter((row) => row.resource_id === first).map((row) => [row.dimension, row.quantity]),
  ).toEqual([
    ['s-1vcpu-1gb', '12'],
    ['s-2vcpu-4gb', '18'],
  ]);
  const all = await ask(on, metering.listUsage, { group_by: 'resource', limit: 1 });
  const rest = await ask(on, metering.listUsage, { group_by: 'resource', cursor: all.next_cursor ?? '' });
  expect(all.items.length + rest.items.length).toBe(4);

  const evidence = { deployment_id: deploymentId('shop'), limit: 2 };
  const page = await ask(on, metering.showEvidence, evidence);
  const last = await ask(on, metering.showEvidence, { ...evidence, cursor: page.next_cursor ?? '' });
  expect(
    [...page.items, ...last.items].map((fact) => [
      fact.kind,
      fact.dimension,
      fact.unit_seconds,
      fact.observations.map(({ revision, units }) => [revision, units]),
    ]),
  ).toEqual([
    ['dns_zones', null, '86400', [[1, '1']]],
    ['droplet_hours', 's-1vcpu-1gb', '43200', [[1, '1']]],
    ['droplet_hours', 's-2vcpu-4gb', '43200', [[2, '1']]],
  ]);
});

test('a dimension with quotes, backslashes and signs beyond 16 bits is published and hashed as it is', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  const sizes = ['"quoted" \\ size', 'gr\u00f6\u00dfe', '\u{1f600}', '\uffee', 'tab\there'];
  await on.observe(
    ...sizes.map((size, hour) => droplet(hour + 1, `2026-04-01T0${hour}:00:00Z`, size)),
    droplet(6, '2026-04-01T05:00:00Z', 'off', { status: 'off' }),
  );
  await on.meterDay('2026-04-01');
  const [fact] = await published(on);
  expect(fact?.lines.map(({ dimension }) => dimension).toSorted()).toEqual(sizes.toSorted());
  expect(fact?.hash).toBe(metering.linesHash(fact?.lines ?? []));
});

test('a replay compares line by line of a dimension', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe(
    droplet(1, '2026-04-01T00:00:00Z', 's-1vcpu-1gb'),
    droplet(2, '2026-04-01T12:00:00Z', 's-2vcpu-4gb'),
  );
  await on.meterDay('2026-04-01');
  const replay = async () => {
    const { replay_id } = await ask(on, metering.startReplay, { period: '2026-04' });
    await on.metering.settled();
    const { status } = await ask(on, metering.getReplay, { replay_id });
    const { items } = await ask(on, metering.listReplayDifferences, { replay_id });
    return [status, items.map((row) => [row.dimension, row.unit_seconds, row.replayed_unit_seconds])];
  };
  expect(await replay()).toEqual(['agrees', []]);
  await sql`UPDATE usage_records SET dimension = 's-4vcpu-8gb' WHERE dimension = 's-2vcpu-4gb'`.execute(
    on.metering.context.db,
  );
  expect(await replay()).toEqual([
    'differs',
    [
      ['s-2vcpu-4gb', null, '43200'],
      ['s-4vcpu-8gb', '43200', null],
    ],
  ]);
});
