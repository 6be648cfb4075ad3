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

/** The reasons for which the provider would refuse to create a droplet, as far as its lists show. */
export function provisionProblems(
  request: { region: string; size_slug: string; image: string },
  offer: Offer,
): string[] {
  const size = offer.sizes.find(({ slug }) => slug === request.size_slug);
  const unknown = [
    ...(offer.regions.includes(request.region) ? [] : [`The provider has no region ${request.region}.`]),
    ...(size === undefined ? [`The provider has no size ${request.size_slug}.`] : []),
    ...(offer.image === null ? [`The provider has no image ${request.image}.`] : []),
  ];
  if (unknown.length > 0 || size === undefined || offer.image === null) return unknown;
  return [...sizeProblems(size, request.region), ...imageProblems(request, offer.image, size)];
}

function imageProblems(request: { region: string; image: string }, image: ProviderImage, size: ProviderSize): string[] {
  return [
    ...(image.regions.includes(request.region)
      ? []
      : [`The image ${request.image} is not available in ${request.region}.`]),
    ...(image.minDiskGb <= size.diskGb
      ? []
      : [`The image ${request.image} needs ${image.minDiskGb} GB of disk; ${size.slug} has ${size.diskGb} GB.`]),
  ];
}

/** The reasons against resizing an existing droplet to a size. A disk never shrinks. */
export function resizeProblems(
  request: { size_slug: string; disk: boolean },
  droplet: { region: string; diskGb: number; sizeSlug: string },
  offer: Pick<Offer, 'sizes'>,
): string[] {
  const size = offer.sizes.find(({ slug }) => slug === request.size_slug);
  if (size === undefined) return [`The provider has no size ${request.size_slug}.`];
  const problems = sizeProblems(size, droplet.region);
  if (size.diskGb < droplet.diskGb) {
    problems.push(
      `The droplet's disk of ${droplet.diskGb} GB does not shrink to the ${size.diskGb} GB of ${size.slug}.`,
    );
  }
  return problems;
}

function sizeProblems(size: ProviderSize, region: string): string[] {
  if (!size.isAvailable) return [`The size ${size.slug} is not available.`];
  return size.regions.includes(region) ? [] : [`The size ${size.slug} is not available in ${region}.`];
}
