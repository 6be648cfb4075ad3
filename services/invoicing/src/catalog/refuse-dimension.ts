import { type Refusal, refuse } from '@arcadia/contracts';
import { hasDimension } from '../domain/catalog/check-plan.ts';
import type { Db } from '../store/schema.ts';
import { misspeltSizes, misspeltText } from './misspelt-sizes.ts';

/** The refusal of a dimension for a kind whose usage has none; null if there is nothing to refuse. */
export const refuseDimension = (kind: string, dimension: string | undefined): Refusal<'unknown-dimension'> | null =>
  dimension === undefined || hasDimension(kind)
    ? null
    : refuse(
        'unknown-dimension',
        `Usage of ${kind} has no dimension, so it cannot have ${dimension}. Leave \`dimension\` out.`,
        { kind, dimension },
      );

type Naming = {
  what: 'price' | 'usage';
  of: readonly { kind: string; dimension?: string | undefined }[];
  /** Plan whose own sizes are let through. */
  planCode?: string;
};

/** The refusal of a size that looks like a misspelling of a known one; null if there is none. */
export const refuseMisspelt = async (
  db: Db,
  { what, of, planCode }: Naming,
): Promise<Refusal<'unknown-dimension'> | null> => {
  const [first] = await misspeltSizes(db, of, planCode ?? null);
  if (first === undefined) return null;
  const { kind, size, near } = first;
  return refuse('unknown-dimension', `The ${what} of ${kind} ${misspeltText(first)}.`, { kind, dimension: size, near });
};
