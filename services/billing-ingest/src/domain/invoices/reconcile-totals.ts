/** The totals of the three forms of an invoice in minor units; null where a form could not be read. */
export type InvoiceTotals = { header_minor: number | null; csv_minor: number | null; items_minor: number | null };

/**
 * An invoice is reconciled if header, CSV and items are all present and agree to the cent. The difference is the largest
 * between any two of them.
 * @param explainedMinor the part of the header that only the summary of the invoice has
 */
export function reconcileTotals(
  { header_minor, csv_minor, items_minor }: InvoiceTotals,
  explainedMinor: number,
): {
  status: 'reconciled' | 'unreconciled';
  difference_minor: number | null;
} {
  const all = [header_minor === null ? null : header_minor - explainedMinor, csv_minor, items_minor];
  const known = all.filter((minor) => minor !== null);
  const difference = known.length < 2 ? null : Math.max(...known) - Math.min(...known);
  return {
    status: known.length === all.length && difference === 0 ? 'reconciled' : 'unreconciled',
    difference_minor: difference,
  };
}
