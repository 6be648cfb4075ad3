import type { Measured } from './measured.ts';

/** What the picture and the page show for each size, as a multiple of its value at the reference size. */
export const curves = [
  { field: 'observing_us_per_resource', name: 'observations into rows, per resource', color: '#db2777' },
  { field: 'metering_us_per_fact', name: 'metering, per fact', color: '#0b6bcb' },
  { field: 'consuming_us_per_fact', name: 'consuming in invoicing, per fact', color: '#c2410c' },
  { field: 'closing_us_per_fact', name: 'closing, per fact', color: '#0f766e' },
  { field: 'invoicing_us_per_line', name: 'invoicing, per line', color: '#7e22ce' },
  { field: 'reconciling_us_per_line', name: "reading and matching the provider's bill, per line", color: '#a16207' },
  { field: 'replay_us_per_fact', name: 'replay, per fact', color: '#be123c' },
  { field: 'usage_list_ms', name: "list of a tenant's usage", color: '#4d7c0f' },
  { field: 'database_bytes_per_fact', name: 'bytes in Postgres, per fact', color: '#475569' },
] as const satisfies readonly { field: keyof Measured; name: string; color: string }[];

/** The size that the others are compared with: the first of at least 10,000 resources, or else the largest. */
export function referenceOf(all: readonly Measured[]): Measured {
  const found = all.find(({ resources }) => resources >= 10_000) ?? all.at(-1);
  if (found === undefined) throw new Error('nothing has been measured');
  return found;
}

/** The cost may move by a fifth between the reference size and a larger one. */
export const tolerated = { least: 0.8, most: 1.2 };

/** Curves that leave the tolerated range above the reference size, with the size and the multiple. */
export function departures(all: readonly Measured[]): { name: string; resources: number; times: number }[] {
  const reference = referenceOf(all);
  return curves.flatMap(({ field, name }) =>
    all
      .filter(({ resources }) => resources > reference.resources)
      .flatMap((size) => {
        const times = timesOf(size, reference, field);
        return times === null ? [] : [{ name, resources: size.resources, times }];
      })
      .filter(({ times }) => times < tolerated.least || times > tolerated.most),
  );
}

/** A cost as a multiple of its value at the reference size; null where it was not measured at one of them. */
export function timesOf(size: Measured, reference: Measured, field: (typeof curves)[number]['field']): number | null {
  const [value, base] = [size[field], reference[field]];
  return value === undefined || base === undefined ? null : value / base;
}
