import { type billingIngest, canonicalDecimal, refuse } from '@arcadia/contracts';
import type { BillingContext, Command, Read } from './context.ts';
import { faultOfRate, type GivenRate, readFxFile } from './domain/fx-file.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { fxRates, putFxRates } from './store/fx-rates.ts';
import { ingestedInvoices } from './store/invoices.ts';
import type { Database } from './store/schema.ts';
import { transactionNumber } from './store/transaction-number.ts';

export const listFxRates = async ({ input }: Read<typeof billingIngest.listFxRates>, ctx: BillingContext) => ({
  rates: (await fxRates(ctx.db, input.period)).map(show),
});

/** Pins rates, all of them or none, and has the invoices of their periods said again with them. */
export const setFxRates = async (
  { input, actor, tx }: Command<typeof billingIngest.putFxRates>,
  ctx: BillingContext,
) => {
  const file = input.csv === undefined ? { rates: [] } : readFxFile(input.csv);
  if ('problem' in file) return refuse('invalid-file', `The file of exchange rates cannot be taken: ${file.problem}.`);
  const given: GivenRate[] = [...input.rates, ...file.rates];
  const fault = given.map(faultOfRate).find((each) => each !== null);
  if (fault !== undefined) return refuse('invalid-rate', `The exchange rates cannot be taken: ${fault}.`);
  if (given.length === 0) return refuse('invalid-rate', 'No exchange rate was given.');
  const now = ctx.clock.now().toString();
  const rows = new Map(
    given.map(({ from, to, ...rate }) => [
      `${rate.period} ${from} ${to}`,
      { ...rate, from_currency: from, to_currency: to, set_by: actor.subject, set_at: now },
    ]),
  );
  await putFxRates(tx.sql, [...rows.values()]);
  const periods = [...new Set(given.map(({ period }) => period))];
  const cause = `fx:${await transactionNumber(tx.sql)}`;
  let invoices = 0;
  for (const period of periods) {
    for (const invoice_uuid of await ingestedInvoices(tx.sql, { from: period, to: period })) {
      await tx.enqueue(rematchInvoiceJob, { invoice_uuid }, { cause });
      invoices += 1;
    }
  }
  return { rates: [...rows.values()].map(show), invoices };
};

const show = ({ from_currency, to_currency, rate, ...rest }: Database['fx_rates']) => ({
  ...rest,
  from: from_currency,
  to: to_currency,
  rate: canonicalDecimal(rate),
});
