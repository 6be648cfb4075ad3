import { readdirSync } from 'node:fs';
import path from 'node:path';
import { invoicing, provisioning } from '@arcadia/contracts';
import { sendStreamRequest } from '@arcadia/platform';
import {
  askService,
  publishEvent,
  publishedEvents,
  readRows,
  restoreOlder,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { closeOf, deploymentChange, fact, granted, openStage, operator } from './stage.ts';

const names = Array.from({ length: 24 }, (_, index) => `site-${index}`);

test('a long invoice is stored and published compressed, and is explained, downloaded, proved and restored as any other', async () => {
  await using on = await openStage('2026-04-28T03:00:00Z');
  const changes = ['short', ...names].map((name) => deploymentChange(name, name === 'short' ? 'small' : 'large'));
  await publishEvent(on.nats, provisioning.deploymentChanged, changes);
  await on.running.settled();
  for (const name of ['short', ...names]) await on.subscribe(name, 'studio');
  const backup = await on.database.snapshot();
  await expect.poll(async () => (await on.running.health()).facts['relay']?.ok).toBe(true);
  const used = [{ kind: 'bandwidth_gb', qty: '5000' }];
  const facts = changes.map(({ slug, tenant_id }) => fact(slug, tenant_id, '2026-04-10', used));
  await on.receive(...facts);
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.close(closeOf('2026-04', facts));

  const forms = async () =>
    readRows(
      { url: on.database.adminUrl },
      `SELECT i.tenant_id, json_typeof(i.input) AS input, json_typeof(e.payload) AS payload, e.headers ->> 'arcadia-coding' AS coding
       FROM invoicing.tenant_invoices i JOIN invoicing.events e ON e.subject = 'invoice.issued.2026-04.' || i.tenant_id ORDER BY 1`,
    );
  const stored = [
    { tenant_id: 'large', input: 'string', payload: 'string', coding: 'zstd' },
    { tenant_id: 'small', input: 'object', payload: 'object', coding: null },
  ];
  expect(await forms()).toEqual(stored);
  const shown = await on.invoice('large');
  const [issued] = (await on.publishedEvents(invoicing.invoiceIssued)).filter(({ data }) => data.tenant_id === 'large');
  expect(issued?.data).toMatchObject({ number: shown.number, lines: shown.lines, total_cents: shown.total_cents });
  const line = shown.lines.find(({ kind }) => kind === 'overage');
  const named = { invoice_id: shown.invoice_id, line_id: line?.line_id ?? '' };
  const evidence = granted(await on.ask(invoicing.getLineEvidence, named));
  expect(evidence.terms).toMatchObject({ subscriptions: [{ plans: [{ plan: { code: 'studio' } }] }] });
  const csv = await sendStreamRequest(
    on.running.bus,
    invoicing.getInvoiceCsv,
    { invoice_id: shown.invoice_id },
    { actor: operator, deadlineMs: 30_000 },
  );
  if ('refused' in csv) throw new Error(csv.refused);
  const chunks = await Array.fromAsync(csv.chunks);
  expect(Buffer.concat(chunks).toString().split('\n').length).toBeGreaterThan(shown.lines.length);
  expect(await on.proveAll()).toEqual({ periods: 1, differing: {} });

  await on.running.stop();
  await backup.setBack();
  await using restored = await startTestService(service, { database: on.database, nats: on.nats, clock: on.clock });
  await restored.settled();
  expect(await forms()).toEqual(stored);
  const again = await askService(on.nats, invoicing.getInvoice, { invoice_id: shown.invoice_id }, { actor: operator });
  expect(granted(again)).toEqual(shown);
}, 120_000);

const older = path.join(import.meta.dirname, 'older-databases');

test.each(readdirSync(older))(
  'the database %s of an earlier release goes on without the compressed form',
  async (file) => {
    await using database = await throwawayDatabase({ service: 'invoicing' });
    await using nats = await throwawayNats();
    await restoreOlder(service, database, path.join(older, file));
    await using _running = await startTestService(service, { database, nats });
    expect(await readRows({ url: database.adminUrl }, 'SELECT form FROM invoicing.stored_forms')).toEqual([]);
    for (const { data } of await publishedEvents(database, invoicing.invoiceIssued)) expect(data.lines).not.toEqual([]);
  },
);
