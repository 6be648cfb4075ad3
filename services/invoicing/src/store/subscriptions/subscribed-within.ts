import { type RawBuilder, sql } from 'kysely';

/**
 * Whether rating finds a subscription of a deployment within `[from, until)`, both timestamptz at UTC midnight: the days on which it
 * starts and ends count, as `touches` has it, and one that ended when it started does not.
 */
export const isSubscribedWithin = (
  deployment: RawBuilder<unknown>,
  { from, until }: { from: RawBuilder<unknown>; until: RawBuilder<unknown> },
) => sql`EXISTS (
  SELECT FROM subscriptions s WHERE s.deployment_id = ${deployment} AND s.starts_at < ${until}
    AND (s.ends_at IS NULL OR (s.ends_at > ${from} AND s.ends_at > s.starts_at)))`;
