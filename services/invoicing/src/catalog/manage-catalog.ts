import {
  type Actor,
  contentHash,
  dayOf,
  type invoicing,
  isOperator,
  isRefusal,
  periodOf,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { type AddonRow, findAddon, pageOfAddons, saveAddon } from '../store/catalog/addons.ts';
import {
  type ListedPrice,
  pageOfPrices,
  pageOfReplacedPrices,
  pricesOfKind,
  savePrice,
} from '../store/catalog/prices.ts';
import { lastBilledPeriod } from '../store/invoices/billed-periods.ts';
import type { Tables } from '../store/schema.ts';
import { enqueueRepublication } from '../subscriptions/enqueue-republication.ts';
import { refuseDimension, refuseMisspelt } from './refuse-dimension.ts';

const addonView = ({ code, ...addon }: AddonRow): RequestOutput<typeof invoicing.putAddon> => ({
  ...addon,
  addon_code: code,
});

export async function listAddons({ input, actor }: ReadRequest<typeof invoicing.listAddons>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const { q: text = null, limit } = input;
  const rows = await pageOfAddons(ctx.db, { all: isOperator(actor), text, after: after?.[0] ?? null, limit });
  return cutPage(rows, { limit: input.limit, keyOf: ({ code }) => [code], itemOf: addonView });
}

export async function getAddon({ input, actor }: ReadRequest<typeof invoicing.getAddon>, ctx: Context) {
  const found = await findAddon(ctx.db, input.addon_code);
  if (found === null || !(isOperator(actor) || found.is_offered))
    return refuse('not-found', `There is no addon ${input.addon_code}.`);
  return addonView(found);
}

export async function putAddon({ input, tx }: CommandRequest<typeof invoicing.putAddon, Tables>) {
  const { addon_code: code, name = code, kind, qty, price_cents, currency, is_offered } = input;
  const addon = { code, name, kind, qty, price_cents, currency, is_offered };
  await saveAddon(tx.sql, addon);
  return addonView(addon);
}

export async function listPrices({ input, actor }: ReadRequest<typeof invoicing.listPrices>, ctx: Context) {
  const { limit, kind = null } = input;
  const itemOf = shownTo(actor);
  if (input.is_replaced === true) {
    const before = readCursor(input.cursor, [/^\d{1,18}$/]);
    if (isRefusal(before)) return before;
    const replaced = await pageOfReplacedPrices(ctx.db, { kind, before: before?.[0] ?? null, limit });
    return cutPage(replaced, {
      limit,
      keyOf: ({ number }) => [number],
      itemOf: ({ row }) => itemOf(row),
    });
  }
  const after = readCursor(input.cursor, 4);
  if (isRefusal(after)) return after;
  const rows = await pageOfPrices(ctx.db, {
    kind,
    after: after === null ? null : [after[0] ?? '', after[1] ?? '', after[2] ?? '', after[3] ?? ''],
    limit,
  });
  return cutPage(rows, {
    limit,
    keyOf: ({ kind: of, currency, valid_from, dimension }) => [of, currency, valid_from, dimension ?? ''],
    itemOf,
  });
}

/** A tenant sees prices, and not who of the operator set them. */
const shownTo =
  (actor: Actor) =>
  (price: ListedPrice): ListedPrice =>
    isOperator(actor) ? price : { ...price, set_by: null, replaced_by: null };

/** All fallback prices of a kind. A kind without any is answered with none, so that the first is put as on an empty page. */
export async function getPrices({ input: { kind }, actor }: ReadRequest<typeof invoicing.getPrices>, ctx: Context) {
  return { kind, prices: (await pricesOfKind(ctx.db, kind)).map(shownTo(actor)) };
}

/** Puts a fallback price. It may begin in the current month, but not in an invoiced one. */
export async function putPrice(
  { input, actor, tx }: CommandRequest<typeof invoicing.putPrice, Tables>,
  ctx: CommandContext,
) {
  const { kind, dimension, currency, unit_price_cents, overage_unit, charge_model, mark_up_percent } = input;
  const refused =
    refuseDimension(kind, dimension) ?? (await refuseMisspelt(tx.sql, { what: 'price', of: [{ kind, dimension }] }));
  if (refused !== null) return refused;
  if ((charge_model === 'cost_plus') !== (mark_up_percent !== undefined))
    return refuse(
      'invalid-price',
      `A price of ${kind} with \`cost_plus\` has a \`mark_up_percent\`, and only such a one.`,
    );
  const now = ctx.clock.now();
  const valid_from = input.valid_from ?? dayOf(now);
  const billed = await lastBilledPeriod(tx.sql);
  if (billed !== null && valid_from.slice(0, 7) <= billed && valid_from.slice(0, 7) < periodOf(now)) {
    return refuse(
      'period-invoiced',
      `${valid_from} is in an invoiced month; the last invoiced month is ${billed}. Give a later \`valid_from\`.`,
    );
  }
  const price = {
    kind,
    ...(dimension === undefined ? {} : { dimension }),
    ...(charge_model === undefined ? {} : { charge_model }),
    ...(mark_up_percent === undefined ? {} : { mark_up_percent }),
    currency,
    valid_from,
    unit_price_cents,
    overage_unit,
  };
  const { saved, replaces } = await savePrice(tx.sql, price, { by: actor.subject, at: now });
  const cause = `price:${contentHash({ ...price, now: now.toString() })}`;
  await enqueueRepublication(tx, { currency, tenant_id: null }, cause);
  return { ...saved, replaces };
}
