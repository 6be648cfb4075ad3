import {
  type Actor,
  contentHash,
  dayOf,
  type invoicing,
  isOperator,
  isRefusal,
  periodOf,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { cursorKey, pageFrom } from '../paging.ts';
import { type AddonRow, pageOfAddons, saveAddon } from '../store/catalog/addons.ts';
import { pageOfPrices, savePrice } from '../store/catalog/prices.ts';
import { lastBilledPeriod } from '../store/invoices/billed-periods.ts';
import type { Schema } from '../store/schema.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

const addonView = ({ code, ...addon }: AddonRow): RequestOutput<typeof invoicing.putAddon> => ({
  ...addon,
  addon_code: code,
});

export const listAddons = async (
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.listAddons>; actor: Actor },
) => {
  const after = cursorKey(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfAddons(ctx.db, { all: isOperator(actor), after: after?.[0] ?? null, limit: input.limit });
  return pageFrom(rows, input.limit, { key: ({ code }) => [code], item: addonView });
};

export const putAddon = async (
  tx: Tx<Schema>,
  _: Context,
  { input }: { input: RequestInput<typeof invoicing.putAddon> },
) => {
  const { addon_code: code, name = code, kind, qty, price_cents, currency, is_offered } = input;
  const addon = { code, name, kind, qty, price_cents, currency, is_offered };
  await saveAddon(tx.sql, addon);
  return addonView(addon);
};

export const listPrices = async (ctx: Context, { input }: { input: RequestInput<typeof invoicing.listPrices> }) => {
  const after = cursorKey(input.cursor, 3);
  if (isRefusal(after)) return after;
  const rows = await pageOfPrices(ctx.db, {
    kind: input.kind ?? null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? '', after[2] ?? ''],
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, {
    key: ({ kind, currency, valid_from }) => [kind, currency, valid_from],
    item: (row) => row,
  });
};

/** A price may reach back into the running month, never into one that somebody was invoiced for. */
export const putPrice = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.putPrice> },
) => {
  const now = ctx.clock.now();
  const valid_from = input.valid_from ?? dayOf(now);
  const billed = await lastBilledPeriod(tx.sql);
  if (billed !== null && valid_from.slice(0, 7) <= billed && valid_from.slice(0, 7) < periodOf(now)) {
    return refuse('period-invoiced', `${valid_from} lies in a month that is invoiced (${billed} is the last).`);
  }
  const { kind, currency, unit_price_cents, overage_unit } = input;
  const price = { kind, currency, valid_from, unit_price_cents, overage_unit };
  await savePrice(tx.sql, price);
  await tx.enqueue(
    'say-subscriptions',
    { currency, tenant_id: null },
    { cause: `price:${contentHash({ ...price, now: now.toString() })}` },
  );
  return price;
};
