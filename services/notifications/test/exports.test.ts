import { randomBytes } from 'node:crypto';
import { billingIngest, type EventData, invoicing, notifications } from '@arcadia/contracts';
import { askService, eventually, publishEvent } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { datasets } from './dataset-neighbours.ts';
import { accessTo, type ExportStage, openExportStage } from './export-stage.ts';
import { issued, operator, start, tenant } from './stage.ts';

let opened: ExportStage;
beforeAll(async () => {
  opened = await openExportStage();
});
afterEach(() => opened.reset());
afterAll(() => opened?.[Symbol.asyncDispose]());

const keys = () => opened.server.objects('finops').map(({ key }) => key);
const prefixOf = (name: string) => `${name}/`;

test('a month is put into the bucket, signed, under a key that names it, and again under the same key', async () => {
  const { server, make, run } = opened;
  const made = await make({ prefix: 'a/b/', format: 'parquet' });
  expect(await run(made)).toMatchObject({ status: 'delivered', bytes: 34, attempts: 1, cause: 'person' });
  const key = 'a/b/focus-1.4/charges/tenant=acme/period=2026-03/charges.parquet';
  expect(String(await server.read('finops', key))).toBe('charges.parquet of acme in 2026-03');
  expect(server.objects('finops').find((one) => one.key === key)?.mediaType).toBe('application/vnd.apache.parquet');
  datasets.chunksOf = () => ['later'];
  expect(await run(made)).toMatchObject({ status: 'delivered', bytes: 5, object_key: key });
  expect(String(await server.read('finops', key))).toBe('later');
  expect(keys().filter((one) => one.startsWith('a/b/'))).toEqual([key]);
});

test('a tenant gets its own rows, whatever it asks for; the operator gets those of all and of the provider’s bill', async () => {
  const { make, run, stage, server } = opened;
  await run(await make({ prefix: prefixOf('own') }));
  await run(await make({ prefix: prefixOf('all') }, operator));
  await run(await make({ prefix: prefixOf('one'), tenant_id: 'acme' }, operator));
  await run(await make({ prefix: prefixOf('costs'), dataset: 'costs', format: 'parquet' }, operator));
  expect(datasets.asked).toEqual([
    { file: 'charges.csv', period: '2026-03', tenant_id: 'acme' },
    { file: 'charges.csv', period: '2026-03', tenant_id: undefined },
    { file: 'charges.csv', period: '2026-03', tenant_id: 'acme' },
    { file: 'costs.parquet', period: '2026-03', tenant_id: undefined },
  ]);
  expect(keys()).toContain('costs/focus-1.4/costs/all-tenants/period=2026-03/costs.parquet');
  const create = (given: object, actor = tenant('acme')) =>
    stage.request(notifications.createScheduledExport, { ...accessTo(server), ...given } as never, actor);
  expect(await create({ dataset: 'costs' })).toMatchObject({ refused: 'forbidden' });
  expect(await create({ dataset: 'costs', tenant_id: 'acme' }, operator)).toMatchObject({ refused: 'forbidden' });
  expect(await create({ tenant_id: 'globex' })).toMatchObject({ refused: 'forbidden' });
  expect(await create({ tenant_id: 'unknown' }, operator)).toMatchObject({ refused: 'unknown-tenant' });
});

test('a large file goes in parts that are in memory one by one, and arrives as it was', async () => {
  const { make, run, server } = opened;
  const chunks = Array.from({ length: 130 }, () => randomBytes(100_000));
  datasets.chunksOf = () => chunks;
  const done = await run(await make({ prefix: prefixOf('large') }));
  expect(done).toMatchObject({ status: 'delivered', bytes: 13_000_000 });
  expect((await server.read('finops', done.object_key)).equals(Buffer.concat(chunks))).toBe(true);
  expect(server.requests.map(({ method, bytes }) => [method, bytes > 0 ? bytes : 0])).toEqual([
    ['POST', 0],
    ['PUT', 5_242_880],
    ['PUT', 5_242_880],
    ['PUT', 13_000_000 - 2 * 5_242_880],
    ['POST', expect.any(Number)],
  ]);
  expect(server.unfinished()).toEqual([]);
});

test.each([0, 1, 5_242_879, 5_242_880, 5_242_881])('a file of %s bytes arrives whole', async (size) => {
  const { make, run, server } = opened;
  const bytes = Buffer.alloc(size, 'x');
  datasets.chunksOf = () => [bytes];
  const done = await run(await make({ prefix: prefixOf(`size-${size}`) }));
  expect(done).toMatchObject({ status: 'delivered', bytes: size });
  expect((await server.read('finops', done.object_key)).equals(bytes)).toBe(true);
});

test('the secret key is never shown: not in an answer, an event, the audit log or a repetition, and the database holds it encrypted', async () => {
  const { stage, server } = opened;
  const secret_access_key = `secret+${randomBytes(12).toString('hex')}`;
  const options = { actor: tenant('acme'), idempotencyKey: 'once' };
  const input = { ...accessTo(server), secret_access_key };
  const made = await askService(stage.nats, notifications.createScheduledExport, input, options);
  const again = await askService(stage.nats, notifications.createScheduledExport, input, options);
  expect(again).toEqual(made);
  const { export_id } = made as { export_id: string };
  const shown = [
    made,
    await stage.get(notifications.getScheduledExport, { export_id }),
    await stage.get(notifications.listScheduledExports, {}),
    await stage.get(notifications.updateScheduledExport, { export_id, secret_access_key, description: 'changed' }),
    await stage.get(notifications.deleteScheduledExport, { export_id }),
  ];
  expect(JSON.stringify(shown)).not.toContain(secret_access_key);
  expect(JSON.stringify(shown)).not.toContain('sealed');
  const [row] = await stage.rows<{ all: string }>(
    `SELECT (SELECT jsonb_agg(e) FROM scheduled_exports e)::text || (SELECT jsonb_agg(e) FROM events e)::text
      || (SELECT string_agg(payload::text, '') FROM events) || (SELECT jsonb_agg(i) FROM idempotency i)::text AS all`,
  );
  expect(row?.all ?? '').not.toContain(secret_access_key);
});

test('a schedule exports the present month and the one before it, once, and the next time when it is due again', async () => {
  const { make, passed, stage } = opened;
  const made = await make({ prefix: prefixOf('by-time'), schedule: '30 4 * * *', is_after_close: false });
  expect(made.next_run_at).toBe('2026-04-01T04:30:00Z');
  await passed({ minutes: 269 });
  expect(datasets.asked).toEqual([]);
  await passed({ minutes: 2 });
  await passed({ minutes: 2 });
  expect(datasets.asked.map(({ period }) => period).toSorted()).toEqual(['2026-03', '2026-04']);
  const shown = await stage.get(notifications.getScheduledExport, { export_id: made.export_id });
  expect(shown).toMatchObject({ next_run_at: '2026-04-02T04:30:00Z', last_run: { status: 'delivered' } });
  await stage.get(notifications.updateScheduledExport, { export_id: made.export_id, is_paused: true });
  await passed({ minutes: 24 * 60 });
  expect(datasets.asked).toHaveLength(2);
  await stage.get(notifications.updateScheduledExport, { export_id: made.export_id, is_paused: false });
  await passed({ minutes: 1 });
  expect(datasets.asked).toHaveLength(2); // what was due while it was paused is not made up for
  await passed({ minutes: 24 * 60 });
  expect(datasets.asked).toHaveLength(4);
});

test.each([
  '* * * * *',
  '*/5 4 * * *',
  '0,30 4 * * *',
  '30 4 * * * *',
  '61 4 * * *',
  '0 0 30 2 *',
  'soon',
  '',
  '@daily',
])('the schedule "%s" is refused', async (schedule) => {
  const { stage, server } = opened;
  const input = { ...accessTo(server), schedule };
  expect(await stage.request(notifications.createScheduledExport, input, tenant('acme'))).toMatchObject({
    refused: 'invalid-schedule',
  });
});

test('after a close a month is exported once for all its invoices, for the tenant and for the operator', async () => {
  const { make, passed, stage } = opened;
  await make({ prefix: prefixOf('acme') });
  await make({ prefix: prefixOf('operator') }, operator);
  await make({ prefix: prefixOf('bill'), dataset: 'costs' }, operator);
  await make({ prefix: prefixOf('never'), is_after_close: false });
  const occurredAt = stage.clock.now().add({ seconds: 1 });
  await publishEvent(
    stage.nats,
    invoicing.invoiceIssued,
    [...Array.from({ length: 20 }, (_, index) => issued(index + 1, { tenant_id: `tenant-${index}` })), issued(30)],
    { occurredAt },
  );
  await stage.running.settled();
  await passed({ minutes: 5 });
  expect(datasets.asked).toEqual([]);
  await passed({ minutes: 6 });
  expect(datasets.asked.toSorted((a, b) => String(a.tenant_id).localeCompare(String(b.tenant_id)))).toEqual([
    { file: 'charges.csv', period: '2026-03', tenant_id: 'acme' },
    { file: 'charges.csv', period: '2026-03', tenant_id: undefined },
  ]);
  await publishEvent(stage.nats, billingIngest.invoiceIngested, bill, { occurredAt: stage.clock.now() });
  await stage.running.settled();
  await passed({ minutes: 11 });
  expect(datasets.asked.at(-1)).toEqual({ file: 'costs.csv', period: '2026-03', tenant_id: undefined });
  expect(datasets.asked).toHaveLength(3);
});

test('what occurs while a month is read is exported by another run', async () => {
  const { make, stage, passed, server, runOf } = opened;
  const made = await make({ prefix: prefixOf('meanwhile') });
  const reading = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  datasets.chunksOf = async function* chunks() {
    reading.resolve();
    yield datasets.asked.length > 1 ? 'with it' : 'without it';
    await goOn.promise;
  };
  const { run_id } = await stage.get(notifications.runScheduledExport, {
    export_id: made.export_id,
    period: '2026-03',
  });
  await reading.promise;
  const occurredAt = stage.clock.now().add({ seconds: 1 });
  await publishEvent(stage.nats, invoicing.invoiceIssued, issued(40), { occurredAt });
  const listed = () => stage.get(notifications.listExportRuns, { export_id: made.export_id });
  await eventually('another run waits', async () => (await listed()).items.length === 2);
  goOn.resolve();
  await eventually('the first is delivered', async () => (await runOf(run_id)).status === 'delivered');
  await passed({ minutes: 11 });
  expect((await listed()).items.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  const { object_key } = await runOf(run_id);
  expect(String(await server.read('finops', object_key))).toBe('with it');
});

/** The provider's invoice of March. */
const bill: EventData<typeof billingIngest.invoiceIngested> = {
  ...{ provider: 'digitalocean', invoice_uuid: 'bill-1', invoice_number: null, period: '2026-03', revision: 1 },
  ...{ status: 'reconciled', part: 1, parts: 1, currency: 'USD', fx: null, lines: [], ingested_at: start },
  ...{ amount_net_minor: 0, amount_tax_minor: 0, amount_gross_minor: 0 },
};
