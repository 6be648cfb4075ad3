import { billingIngest, type RequestContract } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { fxRateOf } from '../src/store/fx-rates/fx-rates.ts';
import { discover, worldWith } from './bills.ts';
import { operatorActor as actor, openStage } from './stage.ts';

test('billing-ingest: a pinned exchange rate is published, also without an invoice of its period', async () => {
  await using stage = await openStage({ world: worldWith([]) });
  const rates = [
    { period: '2026-04', from: 'USD', to: 'AUD', rate: '1.50' },
    { period: '2026-05', from: 'USD', to: 'AUD', rate: '1.6' },
  ];
  await askService(stage.nats, billingIngest.putFxRates, { rates }, { actor });
  await askService(
    stage.nats,
    billingIngest.putFxRates,
    { rates: [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.7' }] },
    { actor },
  );
  const published = await publishedEvents(stage.database, billingIngest.exchangeRatePinned);
  expect(published.map(({ data }) => [data.period, data.from, data.to, data.rate, data.source])).toEqual([
    ['2026-04', 'USD', 'AUD', '1.5', 'entered by hand'],
    ['2026-05', 'USD', 'AUD', '1.6', 'entered by hand'],
    ['2026-04', 'USD', 'AUD', '1.7', 'entered by hand'],
  ]);
});

test('billing-ingest: of rates to several currencies the one to the billing currency converts costs', async () => {
  await using stage = await openStage({
    world: worldWith([{ product: 'Support', description: 'Premium Support', amount: '10.00' }]),
  });
  await discover(stage);
  const pin = async (to: string, rate: string) => {
    const rates = [{ period: '2026-04', from: 'USD', to, rate }];
    await askService(stage.nats, billingIngest.putFxRates, { rates }, { actor });
    await stage.billing.settled();
    const published = await publishedEvents(stage.database, billingIngest.invoiceIngested);
    return published.at(-1)?.data.fx;
  };
  expect(await pin('RWF', '1400')).toEqual({ to: 'RWF', rate: '1400' });
  expect(await pin('AUD', '1.5')).toEqual({ to: 'AUD', rate: '1.5' });
  expect(await pin('ARS', '1450')).toEqual({ to: 'AUD', rate: '1.5' });
  const { db } = stage.billing.context;
  const invoice = { period: '2026-04', currency: 'USD' };
  expect(await fxRateOf(db, invoice, { billingCurrency: 'USD' })).toBeNull();
  expect(await fxRateOf(db, invoice, { billingCurrency: 'RWF' })).toEqual({ to: 'RWF', rate: '1400' });
});

test('billing-ingest: a rate and a rule that others replace are named in the answer, and listed with who replaced them', async () => {
  await using stage = await openStage({ world: worldWith([]) });
  const ask = <Contract extends RequestContract>(
    contract: Contract,
    input: Parameters<typeof askService<Contract>>[2],
  ) => askService(stage.nats, contract, input, { actor });
  const rate = (value: string, period = '2026-04') =>
    ask(billingIngest.putFxRates, { rates: [{ period, from: 'USD', to: 'AUD', rate: value }] });
  expect(await rate('1.5')).toMatchObject({ replaces: [] });
  await rate('1.4', '2026-05');
  // The same rate again replaces nothing.
  expect(await rate('1.50')).toMatchObject({ replaces: [] });
  expect(await rate('1.6')).toMatchObject({ replaces: [{ rate: '1.5', replaced_by: actor.subject }] });
  expect(await ask(billingIngest.listFxRates, { period: '2026-04', is_replaced: true })).toMatchObject({
    rates: [{ rate: '1.5', set_by: actor.subject, replaced_by: actor.subject }],
  });
  expect(await ask(billingIngest.listFxRates, { period: '2026-04' })).toMatchObject({
    rates: [{ rate: '1.6', replaced_by: null, replaced_at: null }],
  });

  const rule = (method: 'none' | 'cost', from_period = '2026-04') =>
    ask(billingIngest.putAllocationRule, { line_class: 'tax', from_period, rule: { method } });
  expect(await rule('none')).toMatchObject({ replaces: null });
  expect(await rule('none')).toMatchObject({ replaces: null });
  expect(await rule('cost')).toMatchObject({ replaces: { rule: { method: 'none' }, replaced_by: actor.subject } });
  expect(await rule('none', '2026-05')).toMatchObject({ replaces: null });
  expect(await ask(billingIngest.listAllocationRules, { is_replaced: true })).toMatchObject({
    rules: [{ line_class: 'tax', from_period: '2026-04', rule: { method: 'none' }, replaced_by: actor.subject }],
  });
});

test('billing-ingest: every table that persons set for a period keeps what is replaced', async () => {
  await using stage = await openStage({ world: worldWith([]) });
  const { rows } = await sql<{ name: string; is_kept: boolean }>`
    SELECT c.table_name AS name, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(c.table_name)
      AND t.tgfoid = 'keep_replaced_row'::regproc) AS is_kept
    FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.column_name = 'set_by' ORDER BY 1`.execute(
    stage.billing.context.db,
  );
  expect(rows.map(({ name }) => name)).toEqual(['allocation_rules', 'fx_rates']);
  expect(rows.filter(({ is_kept }) => !is_kept)).toEqual([]);
});
