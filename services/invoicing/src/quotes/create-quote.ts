import {
  type Actor,
  addMonths,
  contentHash,
  dayOf,
  type invoicing,
  isOperator,
  isRefusal,
  nameUuid,
  periodOf,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { quoteInput, usageOfSpec } from '../domain/quotes/quote-input.ts';
import { rate } from '../domain/rating/rate.ts';
import type { AttachedAddon } from '../domain/rating/terms.ts';
import { pricedOf } from '../invoices/preview-invoice.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { findOfferedAddon } from '../store/catalog/addons.ts';
import { findPlanVersion } from '../store/catalog/plans.ts';
import { fallbackPrices } from '../store/catalog/prices.ts';
import { findQuote, type QuoteRow } from '../store/quotes/quotes.ts';
import type { Db, Schema } from '../store/schema.ts';
import { termsOf } from '../store/subscriptions/subscriptions.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

type Input = RequestInput<typeof invoicing.createQuote>;
type View = RequestOutput<typeof invoicing.createQuote>;

/** A line of a quote is of no deployment yet; this stands for the one it will be. */
const futureDeployment = nameUuid('quoted-deployment');

const viewOf = (row: QuoteRow, now: Temporal.Instant): View => ({
  ...pricedOf(row.output),
  quote_id: row.quote_id,
  tenant_id: row.tenant_id,
  period: row.period,
  plan_code: row.plan_code,
  plan_version: row.version,
  usage: row.usage,
  valid_until: row.valid_until,
  is_valid: dayOf(now) <= row.valid_until,
  created_at: row.created_at,
});

/** The addons as they would be attached today. */
const attachable = async (db: Db, input: Input, currency: string): Promise<AttachedAddon[] | Refusal> => {
  const attached: AttachedAddon[] = [];
  for (const [position, { addon_code, quantity }] of input.addons.entries()) {
    const addon = await findOfferedAddon(db, addon_code);
    if (addon === null) return refuse('addon-not-found', `Addon ${addon_code} is not on offer.`);
    if (addon.currency !== currency)
      return refuse('currency-mismatch', `Addon ${addon_code} is priced in ${addon.currency}.`);
    const { code, kind, qty, price_cents } = addon;
    attached.push({
      addon_id: nameUuid('quoted-addon', String(position + 1)),
      code,
      kind,
      qty,
      price_cents,
      quantity,
      starts_at: '2000-01-01T00:00:00Z',
      ends_at: null,
    });
  }
  return attached;
};

/** Prices a month on a plan and keeps the answer: whoever is told it can refer to it. */
export const createQuote = async (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: Input; actor: Actor; idempotencyKey: string | null },
): Promise<View | Refusal> => {
  const { input, actor } = asked;
  if (
    !isOperator(actor) &&
    (input.plan_version !== undefined || (input.tenant_id ?? actor.tenant_id) !== actor.tenant_id)
  ) {
    return refuse('forbidden', 'Only an operator may quote for another tenant, or a version that is not on offer.');
  }
  const now = ctx.clock.now();
  const tenant = tenantScope(actor) ?? input.tenant_id ?? null;
  const period = input.period ?? addMonths(periodOf(now), 1);
  const found = await findPlanVersion(tx.sql, { planCode: input.plan_code, version: input.plan_version ?? null });
  if (found === null) return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
  const profile = await findBillingProfile(tx.sql, tenant ?? '');
  if (tenant !== null && profile.currency !== found.currency) {
    return refuse(
      'currency-mismatch',
      `${tenant} is billed in ${profile.currency}, plan ${found.code} is priced in ${found.currency}.`,
    );
  }
  const addons = await attachable(tx.sql, input, found.currency);
  if (isRefusal(addons)) return addons;
  const usage = [...input.usage, ...usageOfSpec(input.spec ?? {}, period)];
  const prices = await fallbackPrices(tx.sql, { currency: found.currency, before: `${addMonths(period, 1)}-01` });
  const given = quoteInput({
    period,
    deploymentId: futureDeployment,
    plan: termsOf(found),
    addons,
    usage,
    tax: profile.tax,
    fallbackPrices: prices,
  });
  const output = await refuseTooLarge(() => rate(given));
  if (isRefusal(output)) return output;
  const row: QuoteRow = {
    quote_id: nameUuid(
      'quote',
      tenant ?? '',
      asked.idempotencyKey ?? `${now} ${Temporal.Now.instant()}`,
      contentHash(given),
    ),
    tenant_id: tenant,
    period,
    plan_code: found.code,
    version: found.version,
    usage,
    output,
    input_hash: output.input_hash,
    output_hash: output.output_hash,
    valid_until: Temporal.PlainDate.from(dayOf(now)).add({ days: input.valid_days }).toString(),
    created_at: now.toString(),
    created_by: actor.subject,
  };
  await tx.sql
    .insertInto('quotes')
    .values({ ...row, usage: JSON.stringify(usage), input: JSON.stringify(given), output: JSON.stringify(output) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return viewOf(row, now);
};

export const getQuote = async (
  ctx: Context,
  { input, actor }: { input: { quote_id: string }; actor: Actor },
): Promise<View | Refusal> => {
  const row = await findQuote(ctx.db, { quoteId: input.quote_id, tenantId: tenantScope(actor) });
  return row === null ? refuse('not-found', `There is no quote ${input.quote_id}.`) : viewOf(row, ctx.clock.now());
};
