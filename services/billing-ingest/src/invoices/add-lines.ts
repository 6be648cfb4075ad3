import type { Tx } from '../context.ts';
import { decimalOfMinor } from '../domain/amount.ts';
import type { AddedLine } from '../domain/invoices/explain-difference.ts';
import { insertAddedLines } from '../store/cost-lines/cost-lines.ts';

type Sums = { lines: number; net_minor: number; tax_minor: number };

/** Adds lines to a reading of an invoice after those of the provider's file, and returns its new sums. */
export async function addLines(
  tx: Tx,
  reading: { readingId: string; currency: string; sums: Sums },
  added: readonly AddedLine[],
): Promise<Sums> {
  const { readingId, currency, sums } = reading;
  const lines = added.map((line) => ({ ...line, amount: decimalOfMinor(line.amount_minor, currency) }));
  await insertAddedLines(tx.sql, { readingId, afterLine: sums.lines }, lines);
  const sumOf = (kind: AddedLine['kind']): number =>
    added.filter((line) => line.kind === kind).reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  return {
    lines: sums.lines + added.length,
    net_minor: sums.net_minor + sumOf('account'),
    tax_minor: sums.tax_minor + sumOf('tax'),
  };
}

/** The line of a difference between the header of an invoice and its lines that an operator accepted; none if they agree. */
export const acceptedLines = (headerMinor: number, { net_minor, tax_minor }: Sums, reason: string): AddedLine[] => {
  const amount_minor = headerMinor - net_minor - tax_minor;
  return amount_minor === 0
    ? []
    : [{ product: 'Accepted difference', description: reason, kind: 'account', amount_minor }];
};
