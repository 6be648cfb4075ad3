import { billingIngest, canonicalDecimal, refuse } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { faultOfRate, faultOfRates, type GivenRate, readFxFile } from '../domain/fx-rates/fx-file.ts';
import { enqueueForInvoices } from '../invoices/enqueue-for-invoices.ts';
import { selectFxRates, upsertFxRates } from '../store/fx-rates/fx-rates.ts';
import { ingestedInvoices } from '../store/invoices/invoices.ts';
import { type Replaced, replacedRows } from '../store/replaced-rows.ts';
import type { Tables } from '../store/schema.ts';

export async function listFxRates({ input }: ReadRequest<typeof billingIngest.listFxRates>, ctx: Context) {
  if (input.is_replaced !== true) return { rates: (await selectFxRates(ctx.db, input.period)).map(listedOf) };
  const replaced = await replacedRows(ctx.db, 'fx_rates');
  return { rates: replaced.filter(({ period }) => period === (input.period ?? period)).map(listedOf) };
}

/** Sets exchange rates, all or none of them, and enqueues publishing the invoices of their periods with the new rates. */
export async function putFxRates(
  { input, actor, tx }: CommandRequest<typeof billingIngest.putFxRates, Tables>,
  ctx: CommandContext,
) {
  const file = input.csv === undefined ? { rates: [] } : readFxFile(input.csv);
  if ('problem' in file) return refuse('invalid-file', `The file of exchange rates was rejected: ${file.problem}.`);
  const given: GivenRate[] = [...input.rates, ...file.rates];
  const fault = given.map(faultOfRate).find((each) => each !== null) ?? faultOfRates(given);
  if (fault !== null) return refuse('invalid-rate', `The exchange rates were rejected: ${fault}.`);
  if (given.length === 0)
    return refuse('invalid-rate', 'The request contains no exchange rate: give `rates` or `csv`.');
  const now = ctx.clock.now();
  const rows = new Map(
    given.map(({ from, to, ...rate }) => [
      `${rate.period} ${from} ${to}`,
      { ...rate, from_currency: from, to_currency: to, set_by: actor.subject, set_at: now.toString() },
    ]),
  );
  await upsertFxRates(tx.sql, [...rows.values()]);
  const replaced = (await replacedRows(tx.sql, 'fx_rates', now)).filter((row) => rows.has(keyOf(row)));
  await tx.publish(billingIngest.exchangeRatePinned, [...rows.values()].map(viewOf));
  const periods = [...new Set(given.map(({ period }) => period))];
  let invoices = 0;
  for (const period of periods) {
    const invoiceUuids = await ingestedInvoices(tx.sql, { from: period, to: period });
    await enqueueForInvoices(tx, 'rematch', { invoiceUuids });
    invoices += invoiceUuids.length;
  }
  return { rates: [...rows.values()].map(viewOf), replaces: replaced.map(listedOf), invoices };
}

const keyOf = ({ period, from_currency, to_currency }: Tables['fx_rates']): string =>
  `${period} ${from_currency} ${to_currency}`;

const viewOf = ({ from_currency, to_currency, rate, ...rest }: Tables['fx_rates']) => ({
  ...rest,
  from: from_currency,
  to: to_currency,
  rate: canonicalDecimal(rate),
});

/** A rate with who has replaced it; null: it holds. */
const listedOf = (row: Tables['fx_rates'] | Replaced<'fx_rates'>) => ({
  replaced_by: null,
  replaced_at: null,
  ...viewOf(row),
});
