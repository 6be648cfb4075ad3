import { Decimal } from 'decimal.js';
import type { ProviderSide } from './world-provider.ts';

/** A region as the provider lists it. */
export interface Region {
  readonly slug: string;
  readonly name: string;
}

export const regions: readonly Region[] = [
  { slug: 'ams3', name: 'Amsterdam 3' },
  { slug: 'atl1', name: 'Atlanta 1' },
  { slug: 'blr1', name: 'Bangalore 1' },
  { slug: 'fra1', name: 'Frankfurt 1' },
  { slug: 'lon1', name: 'London 1' },
  { slug: 'nyc1', name: 'New York 1' },
  { slug: 'nyc2', name: 'New York 2' },
  { slug: 'nyc3', name: 'New York 3' },
  { slug: 'sfo2', name: 'San Francisco 2' },
  { slug: 'sfo3', name: 'San Francisco 3' },
  { slug: 'sgp1', name: 'Singapore 1' },
  { slug: 'syd1', name: 'Sydney 1' },
  { slug: 'tor1', name: 'Toronto 1' },
];

const allRegions = regions.map((region) => region.slug);

/** A droplet size. Prices are decimals in USD; the hourly one is a 672nd of the monthly. */
export interface Size {
  readonly slug: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly disk: number;
  readonly transfer: string;
  readonly priceMonthly: string;
  readonly priceHourly: string;
  readonly regions: readonly string[];
  readonly available: boolean;
  readonly description: string;
  readonly gpus: number;
}

type BuiltIn = [
  slug: string,
  memory: number,
  vcpus: number,
  disk: number,
  transfer: string,
  monthly: string,
  description: string,
  gpus?: number,
];

/**
 * Prices as on published invoices of 2024 to 2026 for the basic sizes. Those of the other sizes are not verified: only an account's own
 * `/v2/sizes` has them, and the provider's description shows one size, at an older price.
 */
const builtIn: readonly BuiltIn[] = [
  ['s-1vcpu-512mb-10gb', 512, 1, 10, '0.5', '4', 'Basic'],
  ['s-1vcpu-1gb', 1024, 1, 25, '1', '6', 'Basic'],
  ['s-1vcpu-2gb', 2048, 1, 50, '2', '12', 'Basic'],
  ['s-2vcpu-2gb', 2048, 2, 60, '3', '18', 'Basic'],
  ['s-2vcpu-4gb', 4096, 2, 80, '4', '24', 'Basic'],
  ['s-4vcpu-8gb', 8192, 4, 160, '5', '48', 'Basic'],
  ['s-8vcpu-16gb', 16_384, 8, 320, '6', '96', 'Basic'],
  ['c-2', 4096, 2, 25, '4', '42', 'CPU-Optimized'],
  ['c-4', 8192, 4, 50, '5', '84', 'CPU-Optimized'],
  ['g-2vcpu-8gb', 8192, 2, 25, '4', '63', 'General Purpose'],
  ['g-4vcpu-16gb', 16_384, 4, 50, '5', '126', 'General Purpose'],
  ['m-2vcpu-16gb', 16_384, 2, 50, '4', '84', 'Memory-Optimized'],
  ['gpu-h100x1-80gb', 245_760, 20, 720, '15', '2278.08', 'H100 GPU', 1],
  ['gpu-l40sx1-48gb', 65_536, 8, 500, '10', '1055.04', 'L40S GPU', 1],
];

/** The built-in sizes with a world's own added or in their place. */
export function sizeCatalogue(extra: ProviderSide['sizes']): Size[] {
  const sizes = new Map<string, Size>();
  for (const [slug, memory, vcpus, disk, transfer, priceMonthly, description, gpus = 0] of builtIn) {
    const shape = { slug, memory, vcpus, disk, transfer, description, gpus, regions: allRegions, available: true };
    sizes.set(slug, { ...shape, priceMonthly, priceHourly: hourly(priceMonthly) });
  }
  for (const { price_monthly: priceMonthly, regions: own, ...size } of extra) {
    sizes.set(size.slug, { ...size, regions: own ?? allRegions, priceMonthly, priceHourly: hourly(priceMonthly) });
  }
  return [...sizes.values()];
}

function hourly(monthly: string): string {
  return new Decimal(monthly).div(672).toDecimalPlaces(17).toFixed();
}
