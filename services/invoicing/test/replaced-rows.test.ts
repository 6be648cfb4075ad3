import { invoicing } from '@arcadia/contracts';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-04-10T09:00:00.123456Z');
});
afterAll(() => at[Symbol.asyncDispose]());

const zones = (unit_price_cents: string) =>
  at.ask(invoicing.putPrice, { kind: 'dns_zones', unit_price_cents, valid_from: '2026-04-10' });

describe('invoicing: what held before it was replaced', () => {
  it('a fallback price of the same day is replaced, named in the answer, and listed with who set and who replaced it', async () => {
    const first = granted(await zones('5'));
    expect(first).toMatchObject({
      unit_price_cents: '5',
      set_by: 'op',
      set_at: at.clock.now().toString(),
      replaces: null,
    });
    at.clock.set(Temporal.Instant.from('2026-04-10T10:00:00Z'));
    const second = granted(await zones('7'));
    expect(second.replaces).toMatchObject({
      unit_price_cents: '5',
      set_at: '2026-04-10T09:00:00.123456Z',
      replaced_by: 'op',
      replaced_at: '2026-04-10T10:00:00Z',
    });
    at.clock.set(Temporal.Instant.from('2026-04-10T11:00:00Z'));
    // The same price again replaces nothing, and keeps who set it.
    expect(granted(await zones('7'))).toMatchObject({ set_at: '2026-04-10T10:00:00Z', replaces: null });
    granted(await zones('9'));
    const filter = { kind: 'dns_zones', is_replaced: true };
    const { items, next_cursor } = granted(await at.ask(invoicing.listPrices, { ...filter, limit: 1 }));
    const rest = granted(await at.ask(invoicing.listPrices, { ...filter, cursor: next_cursor ?? '' }));
    expect([...items, ...rest.items].map(({ unit_price_cents }) => unit_price_cents)).toEqual(['7', '5']);
    const held = granted(await at.ask(invoicing.listPrices, { kind: 'dns_zones' })).items.at(-1);
    expect(held).toMatchObject({ unit_price_cents: '9', replaced_by: null });
    const shown = granted(await at.ask(invoicing.listPrices, filter, tenantActor('acme'))).items;
    expect(shown.map(({ set_by, replaced_by }) => [set_by, replaced_by])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it('a list price of the same day is replaced and listed', async () => {
    const put = (unit_price: string) =>
      at.ask(invoicing.putListPrices, { prices: [{ kind: 'bandwidth_gb', unit_price, valid_from: '2026-04-01' }] });
    granted(await put('0.01'));
    granted(await put('0.02'));
    const { items } = granted(await at.ask(invoicing.listListPrices, { is_replaced: true, kind: 'bandwidth_gb' }));
    expect(items).toMatchObject([{ unit_price: '0.01', source: 'operator', set_by: 'op', replaced_by: 'op' }]);
  });

  it('every table whose rows hold from a day or a month on keeps what is replaced', async () => {
    const { rows } = await sql<{ name: string; is_kept: boolean }>`
      SELECT c.table_name AS name, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(c.table_name)
        AND t.tgfoid = 'keep_replaced_row'::regproc) AS is_kept
      FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.column_name IN ('valid_from', 'from_period')
      ORDER BY 1`.execute(at.running.context.db);
    expect(rows.map(({ name }) => name)).toEqual(['list_prices', 'resource_prices']);
    expect(rows.filter(({ is_kept }) => !is_kept)).toEqual([]);
  });
});
