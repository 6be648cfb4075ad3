import { type Refusal, refuse } from '@arcadia/contracts';
import { hasDimension } from '../domain/catalog/check-plan.ts';

/** The refusal of a dimension for a kind whose usage has none; null if there is nothing to refuse. */
export const refuseDimension = (kind: string, dimension: string | undefined): Refusal<'unknown-dimension'> | null =>
  dimension === undefined || hasDimension(kind)
    ? null
    : refuse(
        'unknown-dimension',
        `Usage of ${kind} has no dimension, so it cannot have ${dimension}. Leave \`dimension\` out.`,
        { kind, dimension },
      );
