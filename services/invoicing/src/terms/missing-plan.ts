import { type Refusal, refuse } from '@arcadia/contracts';
import { findPlanVersion } from '../store/catalog/plans.ts';
import type { Db } from '../store/schema.ts';

/** The refusal of a plan that does not exist, or of a size that it does not price; null if there is none. */
export const missingPlan = async (
  db: Db,
  planCode: string | undefined,
  price: { kind?: string | undefined; dimension?: string | undefined } = {},
): Promise<Refusal<'plan-not-found' | 'invalid-term'> | null> => {
  if (planCode === undefined) return null;
  const wanted = { planCode, offeredTo: null };
  const plan =
    (await findPlanVersion(db, { ...wanted, version: null })) ?? (await findPlanVersion(db, { ...wanted, version: 1 }));
  if (plan === null) return refuse('plan-not-found', `There is no plan ${planCode}.`);
  const { kind, dimension } = price;
  if (dimension === undefined || plan.items.some((item) => item.kind === kind && item.dimension === dimension))
    return null;
  return refuse('invalid-term', `\`dimension\`: plan ${planCode} has no item of ${kind} for ${dimension}.`);
};
