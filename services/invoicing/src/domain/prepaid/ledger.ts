import { addMonths, type EventData, type invoicing, type Period, startOfDay } from '@arcadia/contracts';
import type { AvailableCredit } from '../rating/terms.ts';

/** A prepaid credit with what invoices draw of it. */
export type Credit = Pick<
  EventData<typeof invoicing.prepaidCreditChanged>,
  'credit_id' | 'number' | 'origin' | 'name' | 'amount_cents' | 'from' | 'expires_on' | 'draws'
>;

/**
 * What is left of the credits for the invoice of a month: of those that are valid at its end, less what other invoices draw.
 * @param exceptOn the invoice itself, whose draws are made again; null: there is none yet
 */
export const creditOfMonth = (
  period: Period,
  credits: readonly Credit[],
  exceptOn: string | null,
): AvailableCredit[] => {
  const after = `${addMonths(period, 1)}-01`;
  return credits.flatMap(({ credit_id, number, origin, name, amount_cents, from, expires_on, draws }) => {
    if (from >= after || (expires_on !== null && expires_on < after)) return [];
    const others = draws.filter(({ invoice_id }) => invoice_id !== exceptOn);
    const available_cents = others.reduce((left, draw) => left - draw.amount_cents, amount_cents);
    return available_cents > 0 ? [{ credit_id, number, origin, name, expires_on, available_cents }] : [];
  });
};

export type LedgerEntry = {
  at: Temporal.Instant;
  kind: 'credit' | 'draw' | 'expiry' | 'withdrawal';
  credit: Credit;
  invoice_id: string | null;
  period: Period | null;
  amount_cents: number;
};

const rank = { credit: 0, draw: 1, expiry: 2, withdrawal: 2 } as const;

/**
 * Every change of the balance up to an instant, in order. Credit is valid from the beginning of its first day; an invoice draws it at
 * the end of the month that it pays, whenever it is made; what is left expires with the beginning of the day on which it is not valid.
 */
export const ledgerOf = (
  credits: readonly (Credit & { isWithdrawn: boolean })[],
  until: Temporal.Instant,
): LedgerEntry[] =>
  credits
    .flatMap(({ isWithdrawn, ...credit }): LedgerEntry[] => {
      const none = { credit, invoice_id: null, period: null };
      const draws = credit.draws.map(
        ({ invoice_id, period, amount_cents }): LedgerEntry => ({
          ...{ at: startOfDay(`${addMonths(period, 1)}-01`), kind: 'draw', credit },
          ...{ invoice_id, period, amount_cents: -amount_cents },
        }),
      );
      const rest = credit.draws.reduce((left, { amount_cents }) => left - amount_cents, credit.amount_cents);
      const ends = credit.expires_on === null || rest === 0 ? [] : [startOfDay(credit.expires_on)];
      return [
        { ...none, at: startOfDay(credit.from), kind: 'credit', amount_cents: credit.amount_cents },
        ...draws,
        ...ends.map((at) => ({
          ...none,
          at: Temporal.Instant.compare(at, startOfDay(credit.from)) < 0 ? startOfDay(credit.from) : at,
          kind: isWithdrawn ? ('withdrawal' as const) : ('expiry' as const),
          amount_cents: -rest,
        })),
      ];
    })
    .filter(({ at }) => Temporal.Instant.compare(at, until) <= 0)
    .toSorted(
      (a, b) =>
        Temporal.Instant.compare(a.at, b.at) || rank[a.kind] - rank[b.kind] || a.credit.number - b.credit.number,
    );
