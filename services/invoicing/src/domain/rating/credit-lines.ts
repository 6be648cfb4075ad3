import { formatMoney } from '@arcadia/contracts';
import { sumOf } from './own-charges.ts';
import type { RatedLine } from './rated-line.ts';
import type { AvailableCredit, PrepaidDraw } from './terms.ts';

/** Granted credit before paid credit; of each the one that expires first, then the one that was added first. */
const inOrder = (a: AvailableCredit, b: AvailableCredit): number => {
  const [first, second] = [a.expires_on ?? '9999-12-31', b.expires_on ?? '9999-12-31'];
  return first < second ? -1 : first > second ? 1 : a.number - b.number;
};

const drawn = (
  credits: readonly AvailableCredit[],
  origin: AvailableCredit['origin'],
  amount: number,
): { credit: AvailableCredit; cents: number }[] => {
  let left = amount;
  return credits
    .filter((credit) => credit.origin === origin)
    .toSorted(inOrder)
    .flatMap((credit) => {
      const cents = Math.max(0, Math.min(left, credit.available_cents));
      left -= cents;
      return cents === 0 ? [] : [{ credit, cents }];
    });
};

/** The lines by which granted credit lowers an invoice before tax, never below zero. */
export const creditLines = (
  lines: readonly RatedLine[],
  { credits, currency }: { credits: readonly AvailableCredit[]; currency: string },
): RatedLine[] =>
  drawn(credits, 'granted', sumOf(lines)).map(({ credit, cents }) => {
    const money = (amount: number): string => formatMoney(amount, currency);
    const until = credit.expires_on === null ? '' : `, which expires on ${credit.expires_on}`;
    return {
      amount_cents: -cents,
      deployment_id: null,
      description: `Credit: ${credit.name}`,
      key: `credit/${credit.credit_id}`,
      kind: 'credit',
      meta: {
        available_cents: credit.available_cents,
        credit_id: credit.credit_id,
        explanation: `${money(cents)} of ${money(credit.available_cents)} that were left of this granted credit${until}, before tax`,
      },
      qty: '1',
      resource_kind: null,
      unit: 'credit',
      unit_price_cents: String(-cents),
    };
  });

/** What an invoice draws: granted credit by its lines, and paid credit of its total with tax. */
export const drawsOf = (
  lines: readonly RatedLine[],
  totalCents: number,
  credits: readonly AvailableCredit[],
): PrepaidDraw[] => [
  ...lines
    .filter(({ kind }) => kind === 'credit')
    .map(({ meta, amount_cents }) => ({ credit_id: String(meta.credit_id), amount_cents: -amount_cents })),
  ...drawn(credits, 'paid', totalCents).map(({ credit, cents }) => ({
    credit_id: credit.credit_id,
    amount_cents: cents,
  })),
];
