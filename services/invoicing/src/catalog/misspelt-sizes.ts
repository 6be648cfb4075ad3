import { misspeltOf } from '../domain/catalog/misspelt-size.ts';
import { knownSizes, sizesOfPlan } from '../store/catalog/known-sizes.ts';
import type { Db } from '../store/schema.ts';

type Sized = { kind: string; dimension?: string | undefined; sizes?: readonly { dimension: string }[] | undefined };
type Misspelt = { kind: string; field: 'dimension' | 'sizes'; size: string; near: string[] };

/**
 * The sizes that look like misspellings of known ones, each with these. What a published version of the plan names already is let
 * through: its next version may keep it.
 */
export const misspeltSizes = async (db: Db, items: readonly Sized[], planCode: string | null): Promise<Misspelt[]> => {
  const named = items.flatMap(({ kind, dimension, sizes = [] }) => [
    ...(dimension === undefined ? [] : [{ kind, field: 'dimension' as const, size: dimension }]),
    ...sizes.map((size) => ({ kind, field: 'sizes' as const, size: size.dimension })),
  ]);
  if (named.length === 0) return [];
  const known = await knownSizes(db, [...new Set(named.map(({ kind }) => kind))]);
  const misspelt = named.flatMap((one) => {
    const near = misspeltOf(one.size, known.get(one.kind) ?? new Set());
    return near.length === 0 ? [] : [{ ...one, near }];
  });
  if (planCode === null || misspelt.length === 0) return misspelt;
  const kept = await sizesOfPlan(db, planCode);
  return misspelt.filter(({ kind, size }) => !kept.has(`${kind} ${size}`));
};

/** `names s-1vpcu-1gb, which is no known size; near it: s-1vcpu-1gb. …` */
export const misspeltText = ({ size, near }: Misspelt): string =>
  `names ${size}, which is no known size; near it: ${near.join(', ')}. If the size exists, set its list price first`;
