import { dayOf, invoicing, isRefusal, periodOf, type Refusal, refuse } from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { faultOfListPrices } from '../domain/catalog/check-list-prices.ts';
import { type EnteredListPrice, readListPriceFile } from '../domain/catalog/list-price-file.ts';
import {
  type KnownListPrice,
  lockCosts,
  pageOfListPrices,
  pageOfReplacedListPrices,
  saveListPrices,
} from '../store/costs/list-prices.ts';
import { lastBilledPeriod } from '../store/invoices/billed-periods.ts';
import type { Tables } from '../store/schema.ts';
import { refuseUnknownKinds } from './resolve-kinds.ts';

type Entered = { input: { prices: readonly EnteredListPrice[]; csv?: string | undefined } };

export async function listListPrices({ input }: ReadRequest<typeof invoicing.listListPrices>, ctx: Context) {
  if (input.is_replaced === true) return listReplaced(input, ctx);
  const after = readCursor(input.cursor, 3);
  if (isRefusal(after)) return after;
  const rows = await pageOfListPrices(ctx.db, {
    kind: input.kind ?? null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? '', after[2] ?? ''],
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ kind, dimension, valid_from }) => [kind, dimension ?? '', valid_from],
    itemOf: (row) => row,
  });
}

const listReplaced = async (
  { cursor, kind, limit }: ReadRequest<typeof invoicing.listListPrices>['input'],
  ctx: Context,
) => {
  const before = readCursor(cursor, [/^\d{1,18}$/]);
  if (isRefusal(before)) return before;
  const rows = await pageOfReplacedListPrices(ctx.db, { kind: kind ?? null, before: before?.[0] ?? null, limit });
  return cutPage(rows, { limit, keyOf: ({ number }) => [number], itemOf: ({ row }) => row });
};

const enteredPrices = ({ prices, csv }: Entered['input']): EnteredListPrice[] | Refusal<'invalid-file'> => {
  const file = csv === undefined ? { prices: [] } : readListPriceFile(csv);
  return 'problem' in file
    ? refuse('invalid-file', `The list of prices was rejected: ${file.problem}.`)
    : [...prices, ...file.prices];
};

/** Looks up the kinds of a list before the transaction. */
export const resolveListPrices = async ({ input }: Entered, ctx: Context) => {
  const entered = enteredPrices(input);
  if (isRefusal(entered)) return null;
  return refuseUnknownKinds(
    ctx,
    entered.map(({ kind }) => kind),
  );
};

/** Loads list prices, all or none. One may begin in the current month, but not in an invoiced one. */
export async function putListPrices(
  { input, actor, tx }: CommandRequest<typeof invoicing.putListPrices, Tables>,
  ctx: CommandContext,
) {
  const entered = enteredPrices(input);
  if (isRefusal(entered)) return entered;
  if (entered.length === 0) return refuse('invalid-price', 'The request contains no price: give `prices` or `csv`.');
  const now = ctx.clock.now();
  const faulty = faultOfListPrices(entered, dayOf(now));
  if (faulty !== null) return refuse(faulty.refused, `The list of prices was rejected: ${faulty.fault}.`);
  const billed = await lastBilledPeriod(tx.sql);
  const prices = entered.map(
    ({ kind, dimension, valid_from = dayOf(now), currency, price_monthly, unit_price }): KnownListPrice => ({
      kind,
      ...(dimension === undefined ? {} : { dimension }),
      valid_from,
      currency,
      ...(price_monthly === undefined ? {} : { price_monthly }),
      ...(unit_price === undefined ? {} : { unit_price }),
      source: 'operator',
    }),
  );
  const late = prices.find(({ valid_from }) => {
    const month = valid_from.slice(0, 7);
    return billed !== null && month <= billed && month < periodOf(now);
  });
  if (late !== undefined)
    return refuse(
      'period-invoiced',
      `${late.valid_from} of ${[late.kind, late.dimension].filter(Boolean).join(' ')} is in an invoiced month; the last one is ${billed}. Give a later \`valid_from\`.`,
    );
  await lockCosts(tx.sql, 'change');
  await tx.publish(invoicing.listPriceChanged, await saveListPrices(tx.sql, prices, { by: actor.subject, at: now }));
  return { prices };
}
