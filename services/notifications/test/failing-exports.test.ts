import { notifications } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ExportStage, openExportStage } from './export-stage.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { tenant } from './stage.ts';

let opened: ExportStage;
let receiver: Receiver;
const denied = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
const text = 'the bucket answered 403 (AccessDenied): the key may not do this there';

beforeAll(async () => {
  receiver = await startReceiver();
  opened = await openExportStage({
    ...{ SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'billing@arcadia.example' },
    MAIL_OPERATOR_RECIPIENTS: 'operator@arcadia.example',
  });
});
afterEach(async () => {
  await opened.reset();
  receiver.received.length = 0;
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const fact = async () => (await opened.stage.running.health()).facts['exports'];
const mailed = () => opened.stage.rows(`SELECT type FROM notifications WHERE type = 'scheduled_export.failing'`);

/** Exports a month that fails, and attempts it again until it has failed for longer than half an hour. */
async function fail(made: { export_id: string }) {
  const run = await opened.run(made);
  for (const minutes of [2, 5, 12]) await opened.passed({ minutes });
  expect(await fact()).toEqual({ ok: true, failing: 0 });
  await opened.passed({ minutes: 35 });
  return run;
}

test('an export that fails for half an hour is a fact of health, and its tenant and the operator are notified once', async () => {
  const { make, passed, server, stage, runOf } = opened;
  const types = { event_types: ['scheduled_export.failing' as const] };
  await stage.endpoint(receiver.url('/acme'), types);
  await stage.endpoint(receiver.url('/globex'), { ...types, tenant_id: 'globex' });
  server.behave(() => denied);
  const made = await make();
  const { run_id } = await fail(made);
  expect(await fact()).toEqual({
    ...{ ok: true, failing: 1 },
    warning: `a scheduled export fails: the export ${made.export_id} of the tenant acme into the bucket finops, since 2026-04-01T00:00:00Z for 2026-03: ${text}`,
  });
  const webhook = await eventually('the tenant is notified', () => receiver.received[0]);
  expect(receiver.received).toHaveLength(1);
  expect(webhook.path).toBe('/acme');
  expect(JSON.parse(webhook.body)).toMatchObject({
    type: 'scheduled_export.failing',
    data: { export_id: made.export_id, tenant_id: 'acme', bucket: 'finops', period: '2026-03', error: text },
  });
  expect(webhook.body).not.toContain(server.secretKey);
  const mails = (await stage.get(notifications.listMails, {})).items;
  expect(mails.map(({ recipient, type }) => [recipient, type])).toEqual([
    ['operator@arcadia.example', 'scheduled_export.failing'],
  ]);
  for (let attempt = 6; attempt <= 9; attempt += 1) await passed({ minutes: 8 * 60 });
  expect(await runOf(run_id)).toMatchObject({ status: 'failed' });
  expect(await fact()).toMatchObject({ failing: 1 });
  expect(await mailed()).toHaveLength(1);
  server.behave(null);
  expect(await opened.run(made)).toMatchObject({ status: 'delivered' });
  expect(await fact()).toEqual({ ok: true, failing: 0 });
});

test('another month that is delivered hides none that keeps failing, and a paused or deleted export is none', async () => {
  const { make, run, server, stage } = opened;
  server.behave(({ key }) => (key.includes('2026-03') ? denied : null));
  const made = await make({ prefix: 'one-month/' });
  const { export_id } = made;
  const other = await make({ prefix: 'other/' }, tenant('globex'));
  await opened.run(made);
  expect(await run(made, { period: '2026-02' })).toMatchObject({ status: 'delivered' });
  // Of two that began to fail at one instant either may be named.
  await opened.passed({ minutes: 1 });
  await fail(other);
  expect((await fact())?.warning).toMatch(/^2 scheduled exports fail, such as the export .* of the tenant acme/);
  await stage.get(notifications.updateScheduledExport, { export_id, is_paused: true });
  expect((await fact())?.warning).toMatch(/^a scheduled export fails: the export .* of the tenant globex/);
  await stage.get(notifications.deleteScheduledExport, { export_id: other.export_id });
  expect(await fact()).toEqual({ ok: true, failing: 0 });
  await stage.get(notifications.updateScheduledExport, { export_id, is_paused: false });
  expect(await fact()).toMatchObject({ failing: 1 });
});
