/** A size as the provider offers it. */
export type ProviderSize = {
  slug: string;
  /** Exact decimals in USD. */
  priceMonthly: string;
  priceHourly: string;
  diskGb: number;
  regions: readonly string[];
  isAvailable: boolean;
};

type Offer = { sizes: readonly ProviderSize[]; regions: readonly string[] };

/** What the provider would refuse about a droplet, as far as its lists say; empty when nothing. */
export function provisionProblems(asked: { region: string; size_slug: string }, offer: Offer): string[] {
  const problems: string[] = [];
  if (!offer.regions.includes(asked.region)) problems.push(`The provider has no region ${asked.region}.`);
  const size = offer.sizes.find(({ slug }) => slug === asked.size_slug);
  if (size === undefined) return [...problems, `The provider has no size ${asked.size_slug}.`];
  return problems.length > 0 ? problems : sizeProblems(size, asked.region);
}

/** What stands against this size for a droplet that is there: a disk never shrinks. */
export function resizeProblems(
  asked: { size_slug: string; disk: boolean },
  droplet: { region: string; diskGb: number; sizeSlug: string },
  offer: Pick<Offer, 'sizes'>,
): string[] {
  const size = offer.sizes.find(({ slug }) => slug === asked.size_slug);
  if (size === undefined) return [`The provider has no size ${asked.size_slug}.`];
  const problems = sizeProblems(size, droplet.region);
  if (size.diskGb < droplet.diskGb) {
    problems.push(`The disk of ${droplet.diskGb} GB does not shrink to the ${size.diskGb} GB of ${size.slug}.`);
  }
  return problems;
}

function sizeProblems(size: ProviderSize, region: string): string[] {
  if (!size.isAvailable) return [`The size ${size.slug} is not available.`];
  return size.regions.includes(region) ? [] : [`The size ${size.slug} is not available in ${region}.`];
}
