import { type Actor, dayOf, isOperator, type Refusal, refuse } from '@arcadia/contracts';
import type { AttachedAddon } from '../domain/rating/terms.ts';
import { findQuote, type StoredQuote } from '../store/quotes/quotes.ts';
import type { Db } from '../store/schema.ts';

/** The quoted terms: the plan's version, and the addons with the prices they had then. */
export type Quoted = { version: number; addons: AttachedAddon[] };

type Wanted = { quoteId: string; tenantId: string; planCode: string; planVersion: number | undefined };

/**
 * The terms of a quote, for a subscription that follows from it. Until it expires they hold as quoted, whatever was published or
 * retired since. Another tenant's quote gives the same refusal as an unknown one. A quote made for no tenant is for operators
 * only, because tenants cannot read it.
 */
export const followQuote = async (
  db: Db,
  wanted: Wanted,
  given: { actor: Actor; now: Temporal.Instant },
): Promise<Quoted | Refusal<'quote-not-found' | 'quote-expired' | 'quote-mismatch'>> => {
  const { quoteId, planCode, planVersion } = wanted;
  const quote = await findQuote(db, { quoteId, tenantId: null });
  if (quote === null || !isFor(quote, wanted.tenantId, given.actor))
    return refuse(
      'quote-not-found',
      `There is no quote ${quoteId} for this tenant. Create one, or leave \`quote_id\` out.`,
    );
  if (quote.valid_until < dayOf(given.now))
    return refuse('quote-expired', `Quote ${quoteId} was valid until ${quote.valid_until}. Create a new one.`);
  if (quote.plan_code !== planCode || (planVersion ?? quote.version) !== quote.version)
    return refuse(
      'quote-mismatch',
      `Quote ${quoteId} is of plan ${quote.plan_code}, version ${quote.version}. Subscribe to that, or leave \`quote_id\` out.`,
    );
  const addons = quote.input.deployments.flatMap(({ subscriptions }) => subscriptions.flatMap((one) => one.addons));
  return { version: quote.version, addons };
};

const isFor = (quote: StoredQuote, tenantId: string, actor: Actor): boolean =>
  quote.tenant_id === tenantId || (quote.tenant_id === null && isOperator(actor));
