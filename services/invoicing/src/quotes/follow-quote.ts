import { type Actor, dayOf, isOperator, type Refusal, refuse } from '@arcadia/contracts';
import type { AttachedAddon } from '../domain/rating/terms.ts';
import { findQuote, type StoredQuote } from '../store/quotes/quotes.ts';
import type { Db } from '../store/schema.ts';

/** What was quoted: the plan's version, and the addons with the prices they had then. */
export type Quoted = { version: number; addons: AttachedAddon[] };

type Asked = { quoteId: string; tenantId: string; planCode: string; planVersion: number | undefined };

/**
 * The terms of a quote, for a subscription that follows from it. Until it expires they hold as they were quoted, whatever has been
 * published or retired since. Another tenant's quote is as unknown as one that does not exist; one that an operator made for
 * nobody in particular is followed by operators only, because tenants do not see it.
 */
export const followQuote = async (
  db: Db,
  asked: Asked,
  given: { actor: Actor; now: Temporal.Instant },
): Promise<Quoted | Refusal> => {
  const { quoteId, planCode, planVersion } = asked;
  const quote = await findQuote(db, { quoteId, tenantId: null });
  if (quote === null || !isFor(quote, asked.tenantId, given.actor))
    return refuse('quote-not-found', `There is no quote ${quoteId} for this tenant. Ask for one, or leave it out.`);
  if (quote.valid_until < dayOf(given.now))
    return refuse('quote-expired', `Quote ${quoteId} was valid until ${quote.valid_until}. Ask for a new one.`);
  if (quote.plan_code !== planCode || (planVersion ?? quote.version) !== quote.version)
    return refuse(
      'quote-mismatch',
      `Quote ${quoteId} is of plan ${quote.plan_code}, version ${quote.version}. Subscribe to that, or leave the quote out.`,
    );
  const addons = quote.input.deployments.flatMap(({ subscriptions }) => subscriptions.flatMap((one) => one.addons));
  return { version: quote.version, addons };
};

const isFor = (quote: StoredQuote, tenantId: string, actor: Actor): boolean =>
  quote.tenant_id === tenantId || (quote.tenant_id === null && isOperator(actor));
