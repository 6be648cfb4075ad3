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

/** Where an image can be used, and the disk it needs. */
export type ProviderImage = { regions: readonly string[]; minDiskGb: number };

type Offer = { sizes: readonly ProviderSize[]; regions: readonly string[]; image: ProviderImage | null };

/** What the provider would refuse about a droplet, as far as it tells; empty when nothing. */
export function provisionProblems(asked: { region: string; size_slug: string; image: string }, offer: Offer): string[] {
  const size = offer.sizes.find(({ slug }) => slug === asked.size_slug);
  const unknown = [
    ...(offer.regions.includes(asked.region) ? [] : [`The provider has no region ${asked.region}.`]),
    ...(size === undefined ? [`The provider has no size ${asked.size_slug}.`] : []),
    ...(offer.image === null ? [`The provider has no image ${asked.image}.`] : []),
  ];
  if (unknown.length > 0 || size === undefined || offer.image === null) return unknown;
  return [...sizeProblems(size, asked.region), ...imageProblems(asked, offer.image, size)];
}

function imageProblems(asked: { region: string; image: string }, image: ProviderImage, size: ProviderSize): string[] {
  return [
    ...(image.regions.includes(asked.region) ? [] : [`The image ${asked.image} is not available in ${asked.region}.`]),
    ...(image.minDiskGb <= size.diskGb
      ? []
      : [`The image ${asked.image} needs ${image.minDiskGb} GB of disk; ${size.slug} has ${size.diskGb} GB.`]),
  ];
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
