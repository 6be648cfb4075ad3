import {
  type Actor,
  invoicing,
  isOperator,
  isRefusal,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { faultsOf, isSameOffer } from '../domain/catalog/check-plan.ts';
import type { PriceItem } from '../domain/rating/terms.ts';
import { cursorKey, pageFrom } from '../paging.ts';
import {
  activateVersion,
  deleteDraft,
  findPlanVersion,
  insertDraft,
  insertPlan,
  lockPlan,
  type NewVersion,
  type PlanVersionRow,
  pageOfPlanVersions,
  renamePlan,
  replaceDraft,
  retireVersion,
} from '../store/catalog/plans.ts';
import type { Schema } from '../store/schema.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

type View = RequestOutput<typeof invoicing.createPlan>;
type Answer = Promise<View | Refusal>;
type Terms = { base_price_cents: number; currency: string; proration: 'none' | 'daily'; items: PriceItem[] };
type Named = { plan_code: string; version: number };

const viewOf = ({ code, ...version }: PlanVersionRow): View =>
  invoicing.planVersion.parse({ ...version, plan_code: code });

const termsOf = ({ base_price_cents, currency, proration, items }: Terms): NewVersion => ({
  base_price_cents,
  currency,
  proration,
  items,
});

/** Says which item of which version is wrong, and how. */
const checked = (planCode: string, version: number | 'new', { items }: Terms): Refusal | null => {
  const faults = faultsOf(items);
  if (faults.length === 0) return null;
  const [first] = faults;
  return refuse(
    'invalid-plan',
    `Plan ${planCode}, version ${version}, item ${first?.kind}: ${first?.field} ${first?.fault}.`,
    { faults },
  );
};

const shown = async (tx: Tx<Schema>, named: Named): Promise<View> => {
  const found = await findPlanVersion(tx.sql, { planCode: named.plan_code, version: named.version });
  if (found === null) throw new Error(`plan ${named.plan_code} version ${named.version} has gone`);
  return viewOf(found);
};

export const createPlan = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.createPlan> },
): Answer => {
  const wrong = checked(input.plan_code, 1, input);
  if (wrong !== null) return wrong;
  const now = ctx.clock.now();
  if (!(await insertPlan(tx.sql, { planCode: input.plan_code, name: input.name, now }))) {
    return refuse('plan-exists', `There is a plan ${input.plan_code} already. Make a new version of it.`);
  }
  const version = await insertDraft(tx.sql, input.plan_code, termsOf(input));
  if (input.publish) await activateVersion(tx.sql, { planCode: input.plan_code, version, now });
  return shown(tx, { plan_code: input.plan_code, version });
};

/** Makes the offer what is asked for: nothing when it is so already, else a new version that is published at once. */
export const putPlan = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.putPlan> },
): Answer => {
  const wrong = checked(input.plan_code, 'new', input);
  if (wrong !== null) return wrong;
  const now = ctx.clock.now();
  const { plan_code } = input;
  await insertPlan(tx.sql, { planCode: plan_code, name: input.name ?? plan_code, now });
  const name = await lockPlan(tx.sql, plan_code);
  if (input.name !== undefined && input.name !== name) await renamePlan(tx.sql, plan_code, input.name);
  const active = await findPlanVersion(tx.sql, { planCode: plan_code, version: null });
  if (active !== null && isSameOffer(active, input)) return shown(tx, { plan_code, version: active.version });
  const version = await insertDraft(tx.sql, plan_code, termsOf(input));
  await activateVersion(tx.sql, { planCode: plan_code, version, now });
  return shown(tx, { plan_code, version });
};

export const createPlanVersion = async (
  tx: Tx<Schema>,
  _: Context,
  { input }: { input: RequestInput<typeof invoicing.createPlanVersion> },
): Answer => {
  if ((await lockPlan(tx.sql, input.plan_code)) === null)
    return refuse('not-found', `There is no plan ${input.plan_code}.`);
  const wrong = checked(input.plan_code, 'new', input);
  if (wrong !== null) return wrong;
  return shown(tx, { plan_code: input.plan_code, version: await insertDraft(tx.sql, input.plan_code, termsOf(input)) });
};

/** The version named, held, if it is a draft. */
const heldDraft = async (tx: Tx<Schema>, { plan_code, version }: Named): Promise<PlanVersionRow | Refusal> => {
  await lockPlan(tx.sql, plan_code);
  const found = await findPlanVersion(tx.sql, { planCode: plan_code, version, lock: true });
  if (found === null) return refuse('not-found', `There is no version ${version} of plan ${plan_code}.`);
  if (found.status !== 'draft')
    return refuse('not-a-draft', `Version ${version} of plan ${plan_code} is ${found.status} and does not change.`);
  return found;
};

export const updatePlanVersion = async (
  tx: Tx<Schema>,
  _: Context,
  { input }: { input: RequestInput<typeof invoicing.updatePlanVersion> },
): Answer => {
  const draft = await heldDraft(tx, input);
  if (isRefusal(draft)) return draft;
  const wrong = checked(input.plan_code, input.version, input);
  if (wrong !== null) return wrong;
  await replaceDraft(tx.sql, { planCode: input.plan_code, version: input.version }, termsOf(input));
  return shown(tx, input);
};

/**
 * Publishes a draft; the version before it retires in the same transaction. Of two drafts of one plan published at once one
 * wins: the other was drafted beside a version that is no longer on offer by then, and is refused.
 */
export const publishPlanVersion = async (tx: Tx<Schema>, ctx: Context, { input }: { input: Named }): Answer => {
  const before = await findPlanVersion(tx.sql, { planCode: input.plan_code, version: null });
  const draft = await heldDraft(tx, input);
  if (isRefusal(draft)) return draft;
  const active = await findPlanVersion(tx.sql, { planCode: input.plan_code, version: null });
  if (active?.version !== before?.version) {
    return refuse(
      'published-meanwhile',
      `Version ${active?.version} of plan ${input.plan_code} was published just now.`,
    );
  }
  const wrong = checked(input.plan_code, input.version, draft);
  if (wrong !== null) return wrong;
  await activateVersion(tx.sql, { planCode: input.plan_code, version: input.version, now: ctx.clock.now() });
  return shown(tx, input);
};

export const retirePlanVersion = async (tx: Tx<Schema>, ctx: Context, { input }: { input: Named }): Answer => {
  await lockPlan(tx.sql, input.plan_code);
  const found = await findPlanVersion(tx.sql, { planCode: input.plan_code, version: input.version, lock: true });
  if (found === null) return refuse('not-found', `There is no version ${input.version} of plan ${input.plan_code}.`);
  if (found.status !== 'active')
    return refuse('not-active', `Version ${input.version} of plan ${input.plan_code} is ${found.status}.`);
  await retireVersion(tx.sql, { planCode: input.plan_code, version: input.version, now: ctx.clock.now() });
  return shown(tx, input);
};

export const deletePlanVersion = async (
  tx: Tx<Schema>,
  _: Context,
  { input }: { input: Named },
): Promise<{ deleted: boolean } | Refusal> => {
  const draft = await heldDraft(tx, input);
  if (isRefusal(draft)) return draft;
  await deleteDraft(tx.sql, { planCode: input.plan_code, version: input.version });
  return { deleted: true };
};

export const listPlans = async (
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.listPlans>; actor: Actor },
) => {
  const after = cursorKey(input.cursor, 2);
  if (isRefusal(after)) return after;
  const all = ['draft', 'active', 'retired'];
  const visible = isOperator(actor) ? all : ['active'];
  const rows = await pageOfPlanVersions(ctx.db, {
    planCode: input.plan_code ?? null,
    statuses: visible.filter((status) => (input.status ?? status) === status),
    after: after === null ? null : [after[0] ?? '', Number(after[1])],
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, { key: ({ code, version }) => [code, version], item: viewOf });
};
