import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson, invoicing, isRefusal, metering, provisioning, type RequestOutput } from '@arcadia/contracts';
import { publishEvent, readRows } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentChange, deploymentId, fact, granted, openStage } from './stage.ts';

type Preview = RequestOutput<typeof invoicing.previewInvoice>;

/** Above the number of deployments whose rating is kept. */
const deployments = 103;
const nameOf = (index: number): string => `d${index}`;
let at: Awaited<ReturnType<typeof openStage>>;

beforeAll(async () => {
  at = await openStage('2026-04-20T00:00:00Z');
  const names = Array.from({ length: deployments }, (_, index) => nameOf(index));
  const changes = names.map((name) => deploymentChange(name, 'large'));
  await publishEvent(at.nats, provisioning.deploymentChanged, changes);
  await at.running.settled();
  for (const name of names.slice(0, 3)) await at.subscribe(name, 'studio');
  const used = names.map((name) => fact(name, 'large', '2026-04-05', [{ kind: 'bandwidth_gb', qty: '2100' }]));
  await publishEvent(at.nats, metering.usageAccrued, used);
  await at.running.settled();
});
afterAll(() => at[Symbol.asyncDispose]());

const preview = async (tenant = 'large', period = '2026-04'): Promise<Preview> =>
  granted(await at.ask(invoicing.previewInvoice, { tenant_id: tenant, period, limit: 200 }));

/** The same preview, with nothing kept. */
const anew = async (): Promise<Preview> => {
  await readRows({ url: at.database.adminUrl }, 'DELETE FROM invoicing.previews');
  return preview();
};

const revisions = () =>
  readRows<{ revision: string }>({ url: at.database.adminUrl }, 'SELECT revision FROM invoicing.previews ORDER BY 1');

/** Tables that no preview reads, and those whose rows never change or change with one that its revision names. */
const others = `addons alert_crossings alert_rules billed_amounts catalog_seeds credit_applications credit_note_lines deployments discount_codes discount_redemptions
  forced_runs invoice_facts invoice_proofs invoice_runs invoices_without_bill number_series payments period_close_tenants period_closes plan_items plan_versions
  prepaid_draws preview_rows previews proofs provider_costs provider_invoice_parts provider_invoices quotes receivables replaced_rows subscription_addons
  stored_forms subscription_pauses subscription_plans tenant_invoice_lines tenant_invoices tenants usage_facts usage_known`;

describe('invoicing: previews', () => {
  it('the revision of a preview names every table that it rests on', () => {
    const folder = path.join(import.meta.dirname, '../src/migrations');
    const tables = readdirSync(folder).flatMap((file) =>
      Array.from(
        readFileSync(path.join(folder, file), 'utf8').matchAll(/CREATE TABLE (\w+)/g),
        ([, name = '']) => name,
      ),
    );
    const source = readFileSync(path.join(import.meta.dirname, '../src/store/previews/previews.ts'), 'utf8');
    const revision = source.slice(source.indexOf('previewRevision'), source.indexOf('findPreview'));
    const known = others.split(/\s+/);
    const missing = tables.filter((name) => !known.includes(name) && !revision.includes(name));
    expect(missing).toEqual([]);
  });

  it('the preview of a tenant with many deployments is kept, and is the same when it is read again and in pages', async () => {
    const first = await preview();
    expect(first.so_far.line_count).toBe(7);
    expect(first.so_far.unbilled_count).toBe(100);
    const [kept] = await revisions();
    expect(await preview()).toEqual(first);
    expect(await revisions()).toEqual([kept]);
    const all: unknown[] = [];
    for (let cursor: string | undefined; ; ) {
      const input = { tenant_id: 'large', limit: 3, ...(cursor === undefined ? {} : { cursor }) };
      const page = granted(await at.ask(invoicing.listPreviewLines, input));
      all.push(...page.items);
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(all).toEqual(first.so_far.lines);
    const unbilled = granted(await at.ask(invoicing.listPreviewUnbilled, { tenant_id: 'large', limit: 200 })).items;
    expect(unbilled).toEqual(first.so_far.unbilled);
  });

  const facts = (qty: string, revision: number) =>
    publishEvent(at.nats, metering.usageAccrued, [
      fact('d0', 'large', '2026-04-06', [{ kind: 'bandwidth_gb', qty }], { revision }),
    ]);
  const own = { deployment_id: deploymentId('d1') };
  const changes: [what: string, change: () => Promise<unknown>][] = [
    ['usage', () => facts('50', 1)],
    ['corrected usage', () => facts('60', 2)],
    ['a new subscription', () => at.subscribe('d3', 'pro')],
    ['another plan', () => at.ask(invoicing.changePlan, { ...own, plan_code: 'pro', reason: 'agreed' })],
    ['an addon', () => at.ask(invoicing.attachAddon, { ...own, addon_code: 'storage_50gb' })],
    ['an end', () => at.ask(invoicing.cancelSubscription, { ...own, when: 'now', reason: 'agreed' })],
    [
      'a line added by hand',
      () => at.ask(invoicing.addManualLine, { tenant_id: 'large', description: 'x', unit_price_cents: '700' }),
    ],
    [
      'a fallback price',
      () => at.ask(invoicing.putPrice, { kind: 'bandwidth_gb', unit_price_cents: '9', valid_from: '2026-04-01' }),
    ],
    ['another tax', () => at.ask(invoicing.putBillingProfile, { tenant_id: 'large', tax: { rate: '0.2' } })],
    [
      'a discount',
      () => at.ask(invoicing.addDiscount, { tenant_id: 'large', name: 'x', on: 'invoice', percent: '1', reason: 'x' }),
    ],
    [
      'prepaid credit',
      () =>
        at.ask(invoicing.createPrepaidCredit, {
          tenant_id: 'large',
          origin: 'granted',
          name: 'x',
          amount_cents: 1,
          from: '2026-04-01',
          reason: 'agreed',
        }),
    ],
    [
      'the name of a plan',
      () => at.ask(invoicing.putPlan, { plan_code: 'studio', name: 'Studio 2', base_price_cents: 5000, items: [] }),
    ],
  ];

  it.each(changes)('a kept preview follows %s', async (_, change) => {
    const before = await preview();
    const answer = await change();
    expect(isRefusal(answer) ? answer.detail : null).toBeNull();
    await at.running.settled();
    const after = await preview();
    expect(after.so_far.input_hash).not.toBe(before.so_far.input_hash);
    expect(after).toEqual(await anew());
  });

  it('a cursor of a preview that has changed is refused, and only three months are kept', async () => {
    const page = granted(await at.ask(invoicing.listPreviewLines, { tenant_id: 'large', limit: 2 }));
    await facts('70', 3);
    await at.running.settled();
    const next = { tenant_id: 'large', limit: 2, cursor: page.next_cursor ?? '' };
    expect(await at.ask(invoicing.listPreviewLines, next)).toMatchObject({ refused: 'invalid-cursor' });
    for (const period of ['2026-01', '2026-02', '2026-03', '2026-04']) await preview('large', period);
    expect((await revisions()).length).toBe(3);
  });

  it('many requests at once for a preview that is not kept rate it once, and all get the same', async () => {
    await readRows({ url: at.database.adminUrl }, 'DELETE FROM invoicing.previews');
    const all = await Promise.all(Array.from({ length: 20 }, () => preview()));
    // One that was kept already has the keys of its lines in another order.
    expect(new Set(all.map((one) => canonicalJson(one))).size).toBe(1);
  });

  it('a month below zero asks for nothing and shows what is credited', async () => {
    await at.createTenants('generous');
    const line = { tenant_id: 'generous', description: 'Apology', unit_price_cents: '-1000' };
    granted(await at.ask(invoicing.addManualLine, line));
    const { so_far } = await preview('generous');
    expect([so_far.total_cents, so_far.payable_cents, so_far.credited_cents]).toEqual([-1100, 0, 1100]);
  });

  it('a planned change that is taken away while a preview reads the terms does not break it', async () => {
    await publishEvent(at.nats, provisioning.deploymentChanged, [deploymentChange('raced', 'raced')]);
    await at.running.settled();
    await at.subscribe('raced', 'studio');
    const planned = { deployment_id: deploymentId('raced'), plan_code: 'pro', effective_at: '2026-04-28T00:00:00Z' };
    granted(await at.ask(invoicing.changePlan, { ...planned, reason: 'agreed' }));
    const { db } = at.running.context;
    const isReading = sql<{
      is: boolean;
    }>`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
      AND wait_event_type = 'Lock' AND query LIKE '%FROM plan_versions%FROM subscription_plans%') AS is`;
    const raced = await db.transaction().execute(async (holder) => {
      // The subscriptions have been read when the versions of their plans are waited for.
      await sql`LOCK TABLE plan_versions`.execute(holder);
      const reading = preview('raced');
      await expect.poll(async () => (await isReading.execute(db)).rows[0]?.is, { timeout: 4_000 }).toBe(true);
      await sql`DELETE FROM subscription_plans WHERE plan_code = 'pro' AND subscription_id IN (
        SELECT subscription_id FROM subscriptions WHERE tenant_id = 'raced')`.execute(holder);
      return [reading];
    });
    expect((await raced[0])?.so_far.total_cents).toBeGreaterThan(0);
  });
});
