/** Amounts in minor units that the provider's summary lists beside the charges of the products, or that the lines have of them. */
export type SummaryAmounts = { overages: number; taxes: number; credits: number };

/** A line that the provider's file does not have: an amount of the summary, or a difference that an operator accepted. */
export type AddedLine = { product: string; description: string; kind: 'account' | 'tax'; amount_minor: number };

const description = 'Only in the summary of the invoice';
const lineOf: Record<keyof SummaryAmounts, Omit<AddedLine, 'amount_minor'>> = {
  overages: { product: 'Overages', description, kind: 'account' },
  taxes: { product: 'Taxes', description, kind: 'tax' },
  credits: { product: 'Credits & adjustments', description, kind: 'account' },
};
const blocks = ['overages', 'taxes', 'credits'] as const;

/**
 * Explains why the amount of an invoice differs from the sum of its lines: the provider charges overages and taxes, and deducts
 * credits, that its items do not always have. Only amounts that explain the whole difference count.
 * @returns the lines to add; empty if the summary does not explain the difference to the cent
 */
export function explainDifference(difference: number, summary: SummaryAmounts, held: SummaryAmounts): AddedLine[] {
  if (difference === 0) return [];
  // What the lines lack of an amount is more likely than that they lack all of an amount of which they have a part.
  const choices = blocks.map((block) => [...new Set([summary[block] - held[block], 0, summary[block]])]);
  const [overages = [], taxes = [], credits = []] = choices;
  for (const credit of credits) {
    for (const tax of taxes) {
      for (const overage of overages) {
        if (overage + tax + credit !== difference) continue;
        const added = { overages: overage, taxes: tax, credits: credit };
        return blocks.map((block) => ({ ...lineOf[block], amount_minor: added[block] })).filter(isCharged);
      }
    }
  }
  return [];
}

const isCharged = ({ amount_minor }: AddedLine): boolean => amount_minor !== 0;
