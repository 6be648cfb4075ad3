type ForDimension = { dimension?: string | undefined };

/** How closely a price names a dimension: exactly, by its beginning (the longer the closer), or as one for all; -1: not at all. */
const closeness = ({ dimension: named }: ForDimension, dimension: string | undefined): number => {
  if (named === undefined) return 0;
  if (dimension === undefined) return -1;
  if (!named.endsWith('*')) return named === dimension ? Number.POSITIVE_INFINITY : -1;
  return dimension.startsWith(named.slice(0, -1)) ? named.length : -1;
};

/** The one that names a dimension most closely: exact, then the longest beginning, then the one for all; null if none does. */
export const closest = <Named extends ForDimension>(
  all: readonly Named[],
  dimension: string | undefined,
): Named | null => {
  let found: { one: Named; by: number } | null = null;
  for (const one of all) {
    const by = closeness(one, dimension);
    if (by >= 0 && (found === null || by > found.by)) found = { one, by };
  }
  return found?.one ?? null;
};
