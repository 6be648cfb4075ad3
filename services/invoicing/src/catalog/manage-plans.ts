import {
  type Actor,
  invoicing,
  isOperator,
  isRefusal,
  type Refusal,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { faultsOf, type ItemFault, isSameOffer } from '../domain/catalog/check-plan.ts';
import type { PriceItem } from '../domain/rating/terms.ts';
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
import type { Tables } from '../store/schema.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenant.ts';
import { misspeltSizes, misspeltText } from './misspelt-sizes.ts';

type View = RequestOutput<typeof invoicing.createPlan>;
type Terms = {
  base_price_cents: number;
  currency: string;
  proration: 'none' | 'daily';
  provider_bill?: 'wait' | 'adjust';
  items: PriceItem[];
  offered_to?: string[] | null | undefined;
};
type Named = { plan_code: string; version: number };

const viewOf = ({ code, ...version }: PlanVersionRow): View =>
  invoicing.planVersion.parse({ ...version, plan_code: code });

/** A tenant does not see which other tenants a version is offered to. */
const viewFor =
  (actor: Actor) =>
  (row: PlanVersionRow): View => {
    const tenant = tenantScope(actor);
    return viewOf(tenant === null || row.offered_to === null ? row : { ...row, offered_to: [tenant] });
  };

/** The terms as entered; where they do not name whom the version is offered to, that stays as it was. */
const termsOf = (
  { base_price_cents, currency, proration, provider_bill, items, offered_to: entered }: Terms,
  before: PlanVersionRow | null,
): NewVersion => {
  const named = entered === undefined ? (before?.offered_to ?? null) : entered;
  const offered_to = named === null ? null : [...new Set(named)].toSorted();
  const timing = provider_bill === undefined ? {} : { provider_bill };
  return { base_price_cents, currency, proration, ...timing, items, offered_to };
};

const activeVersion = (tx: Tx, planCode: string): Promise<PlanVersionRow | null> =>
  findPlanVersion(tx.sql, { planCode, version: null, offeredTo: null });

/** The refusal of wrong items, naming the version, the item and the fault; null if there is none. */
const refuseItems = (planCode: string, version: number | 'new', { items }: Terms): Refusal<'invalid-plan'> | null => {
  const faults = faultsOf(items);
  return faults.length === 0 ? null : refuseFaults(planCode, version, faults);
};

const refuseFaults = (
  planCode: string,
  version: number | 'new',
  faults: readonly ItemFault[],
): Refusal<'invalid-plan'> => {
  const [first] = faults;
  return refuse(
    'invalid-plan',
    `Plan ${planCode}, version ${version}, item ${[first?.kind, first?.dimension].filter(Boolean).join(' ')}: ${first?.field} ${first?.fault}.`,
    { faults: [...faults] },
  );
};

/** The refusal of terms that are wrong or name a tenant that does not exist; null if there is none. */
const refuseTerms = async (
  tx: Tx,
  { planCode, version }: { planCode: string; version: number | 'new' },
  terms: Terms,
): Promise<Refusal<'invalid-plan' | 'unknown-tenant'> | null> =>
  refuseItems(planCode, version, terms) ??
  (await refuseSizes(tx, { planCode, version }, terms)) ??
  refuseUnknownTenants(tx.sql, terms.offered_to ?? []);

/** The refusal of a size that looks like a misspelling of a known one; null if there is none. */
const refuseSizes = async (
  tx: Tx,
  { planCode, version }: { planCode: string; version: number | 'new' },
  { items }: Terms,
): Promise<Refusal<'invalid-plan'> | null> => {
  const faults = (await misspeltSizes(tx.sql, items, planCode)).map((one) => ({
    kind: one.kind,
    ...(one.field === 'dimension' ? { dimension: one.size } : {}),
    field: one.field,
    fault: misspeltText(one),
  }));
  return faults.length === 0 ? null : refuseFaults(planCode, version, faults);
};

const shown = async (tx: Tx, named: Named): Promise<View> => {
  const found = await findPlanVersion(tx.sql, { planCode: named.plan_code, version: named.version, offeredTo: null });
  if (found === null)
    throw new Error(`plan ${named.plan_code} version ${named.version} is missing after it was written`);
  return viewOf(found);
};

export async function createPlan(
  { input, tx }: CommandRequest<typeof invoicing.createPlan, Tables>,
  ctx: CommandContext,
) {
  const refused = await refuseTerms(tx, { planCode: input.plan_code, version: 1 }, input);
  if (refused !== null) return refused;
  const now = ctx.clock.now();
  if (!(await insertPlan(tx.sql, { planCode: input.plan_code, name: input.name, now }))) {
    return refuse('plan-exists', `There is a plan ${input.plan_code} already. Create a new version of it.`);
  }
  const version = await insertDraft(tx.sql, input.plan_code, termsOf(input, null));
  if (input.publish) await activateVersion(tx.sql, { planCode: input.plan_code, version, now });
  return shown(tx, { plan_code: input.plan_code, version });
}

/** Publishes a new version of a plan with these terms, creating the plan if needed; does nothing if the active version has them. */
export async function putPlan({ input, tx }: CommandRequest<typeof invoicing.putPlan, Tables>, ctx: CommandContext) {
  const refused = await refuseTerms(tx, { planCode: input.plan_code, version: 'new' }, input);
  if (refused !== null) return refused;
  const now = ctx.clock.now();
  const { plan_code } = input;
  await insertPlan(tx.sql, { planCode: plan_code, name: input.name ?? plan_code, now });
  const name = await lockPlan(tx.sql, plan_code);
  if (input.name !== undefined && input.name !== name) await renamePlan(tx.sql, plan_code, input.name);
  const active = await activeVersion(tx, plan_code);
  const terms = termsOf(input, active);
  if (active !== null && isSameOffer(active, terms)) return shown(tx, { plan_code, version: active.version });
  const version = await insertDraft(tx.sql, plan_code, terms);
  await activateVersion(tx.sql, { planCode: plan_code, version, now });
  return shown(tx, { plan_code, version });
}

export async function createPlanVersion({ input, tx }: CommandRequest<typeof invoicing.createPlanVersion, Tables>) {
  if ((await lockPlan(tx.sql, input.plan_code)) === null)
    return refuse('not-found', `There is no plan ${input.plan_code}.`);
  const refused = await refuseTerms(tx, { planCode: input.plan_code, version: 'new' }, input);
  if (refused !== null) return refused;
  const terms = termsOf(input, await activeVersion(tx, input.plan_code));
  return shown(tx, { plan_code: input.plan_code, version: await insertDraft(tx.sql, input.plan_code, terms) });
}

/** Locks a version that is a draft. */
const lockedDraft = async (
  tx: Tx,
  { plan_code, version }: Named,
): Promise<PlanVersionRow | Refusal<'not-found' | 'not-a-draft'>> => {
  await lockPlan(tx.sql, plan_code);
  const found = await findPlanVersion(tx.sql, { planCode: plan_code, version, offeredTo: null, lock: true });
  if (found === null) return refuse('not-found', `There is no version ${version} of plan ${plan_code}.`);
  if (found.status !== 'draft')
    return refuse('not-a-draft', `Version ${version} of plan ${plan_code} is ${found.status}; only drafts change.`);
  return found;
};

export async function updatePlanVersion({ input, tx }: CommandRequest<typeof invoicing.updatePlanVersion, Tables>) {
  const draft = await lockedDraft(tx, input);
  if (isRefusal(draft)) return draft;
  const refused = await refuseTerms(tx, { planCode: input.plan_code, version: input.version }, input);
  if (refused !== null) return refused;
  await replaceDraft(tx.sql, { planCode: input.plan_code, version: input.version }, termsOf(input, draft));
  return shown(tx, input);
}

/**
 * Publishes a draft and retires the version before it in the same transaction. Of two drafts of one plan published at the same
 * time one is refused: the version it was to follow is no longer the active one.
 */
export async function publishPlanVersion(
  { input, tx }: CommandRequest<typeof invoicing.publishPlanVersion, Tables>,
  ctx: CommandContext,
) {
  const before = await activeVersion(tx, input.plan_code);
  const draft = await lockedDraft(tx, input);
  if (isRefusal(draft)) return draft;
  const active = await activeVersion(tx, input.plan_code);
  if (active?.version !== before?.version) {
    return refuse(
      'published-meanwhile',
      `Version ${active?.version} of plan ${input.plan_code} was published at the same time. Compare it with this draft, then publish again.`,
    );
  }
  const refused = refuseItems(input.plan_code, input.version, draft);
  if (refused !== null) return refused;
  await activateVersion(tx.sql, { planCode: input.plan_code, version: input.version, now: ctx.clock.now() });
  return shown(tx, input);
}

export async function retirePlanVersion(
  { input, tx }: CommandRequest<typeof invoicing.retirePlanVersion, Tables>,
  ctx: CommandContext,
) {
  await lockPlan(tx.sql, input.plan_code);
  const { plan_code: planCode, version } = input;
  const found = await findPlanVersion(tx.sql, { planCode, version, offeredTo: null, lock: true });
  if (found === null) return refuse('not-found', `There is no version ${input.version} of plan ${input.plan_code}.`);
  if (found.status !== 'active')
    return refuse('not-active', `Version ${input.version} of plan ${input.plan_code} is ${found.status}.`);
  await retireVersion(tx.sql, { planCode: input.plan_code, version: input.version, now: ctx.clock.now() });
  return shown(tx, input);
}

export async function deletePlanVersion({ input, tx }: CommandRequest<typeof invoicing.deletePlanVersion, Tables>) {
  const draft = await lockedDraft(tx, input);
  if (isRefusal(draft)) return draft;
  await deleteDraft(tx.sql, { planCode: input.plan_code, version: input.version });
  return { deleted: true };
}

export async function getPlan({ input, actor }: ReadRequest<typeof invoicing.getPlan>, ctx: Context) {
  const { plan_code: planCode } = input;
  const found = await findPlanVersion(ctx.db, { planCode, version: null, offeredTo: tenantScope(actor) });
  return found === null
    ? refuse('not-found', `There is no active version of a plan ${planCode}.`)
    : viewFor(actor)(found);
}

export async function getPlanVersion({ input, actor }: ReadRequest<typeof invoicing.getPlanVersion>, ctx: Context) {
  const { plan_code: planCode, version } = input;
  const found = await findPlanVersion(ctx.db, { planCode, version, offeredTo: tenantScope(actor) });
  if (found === null || !(isOperator(actor) || found.status === 'active'))
    return refuse('not-found', `There is no version ${version} of plan ${planCode}.`);
  return viewFor(actor)(found);
}

export async function listPlans({ input, actor }: ReadRequest<typeof invoicing.listPlans>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const all = ['draft', 'active', 'retired'];
  const visible = isOperator(actor) ? all : ['active'];
  const rows = await pageOfPlanVersions(ctx.db, {
    planCode: input.plan_code ?? null,
    text: input.q ?? null,
    offeredTo: tenantScope(actor),
    statuses: visible.filter((status) => (input.status ?? status) === status),
    after: after === null ? null : [after[0] ?? '', Number(after[1])],
    limit: input.limit,
  });
  return cutPage(rows, { limit: input.limit, keyOf: ({ code, version }) => [code, version], itemOf: viewFor(actor) });
}
