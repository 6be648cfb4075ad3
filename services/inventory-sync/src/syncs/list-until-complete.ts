import type { ListingEnd } from '../clients/listing.ts';

const listings = 3;

/**
 * Repeats an incomplete listing, up to three listings in all: pages shift while resources are created and deleted. A repetition
 * that lists fewer items than an earlier total is incomplete too.
 */
export async function listUntilComplete(list: () => Promise<ListingEnd>): Promise<ListingEnd> {
  let end = await list();
  let most = end.total ?? 0;
  for (let repetition = 1; repetition < listings && !end.isComplete; repetition += 1) {
    end = await list();
    most = Math.max(most, end.total ?? 0);
    if (end.isComplete && end.count < most)
      end = {
        ...end,
        isComplete: false,
        detail: `the listing showed ${end.count} items, but an earlier one named ${most}`,
      };
  }
  return end;
}
