import { startOfDay } from '@arcadia/contracts';
import type { PrepaidEntry, PrepaidStatement } from '../domain/documents/statement-document.ts';
import { type LedgerEntry, ledgerOf } from '../domain/prepaid/ledger.ts';
import { numbersOf } from '../store/invoices/invoice-lists.ts';
import { creditsOf } from '../store/prepaid/prepaid-credits.ts';
import type { Db } from '../store/schema.ts';

/** What became of a tenant's prepaid credit from a UTC day until before another; null if it never had any. */
export const prepaidStatement = async (
  db: Db,
  { tenantId, from, until }: { tenantId: string; from: string; until: string },
): Promise<PrepaidStatement | null> => {
  const rows = await creditsOf(db, tenantId);
  if (rows.length === 0) return null;
  const credits = rows.map(({ credit, draws, ended_by }) => ({ ...credit, draws, isWithdrawn: ended_by !== null }));
  const isBefore = ({ at }: LedgerEntry, day: string): boolean => Temporal.Instant.compare(at, startOfDay(day)) < 0;
  const known = ledgerOf(credits, startOfDay(until)).filter((entry) => isBefore(entry, until));
  const [earlier, shown] = [
    known.filter((entry) => isBefore(entry, from)),
    known.filter((entry) => !isBefore(entry, from)),
  ];
  const opening = earlier.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
  const numbers = await numbersOf(db, [...new Set(shown.flatMap(({ invoice_id: id }) => (id === null ? [] : [id])))]);
  const references = new Map(rows.map(({ credit, reference }) => [credit.credit_id, reference]));
  let balance = opening;
  const entries = shown.map(({ kind, at, credit, invoice_id, period, amount_cents }): PrepaidEntry => {
    balance += amount_cents;
    return {
      kind: kind === 'credit' ? credit.origin : kind,
      at: at.toString(),
      name: credit.name,
      reference: references.get(credit.credit_id) ?? null,
      drawn_by: invoice_id === null || period === null ? null : { number: numbers.get(invoice_id) ?? null, period },
      amount_cents,
      balance_cents: balance,
    };
  });
  return { opening_cents: opening, entries };
};
