import { sql } from 'kysely';
import type { AttachedAddon } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

export type NewSubscription = {
  subscription_id: string;
  deployment_id: string;
  tenant_id: string;
  currency: string;
  starts_at: string;
  ends_at: string | null;
  trial_ends_at: string | null;
  quote_id: string | null;
  created_at: string;
};

export const insertSubscription = async (
  db: Db,
  subscription: NewSubscription,
  plan: { code: string; version: number },
): Promise<void> => {
  await db
    .insertInto('subscriptions')
    .values({ ...subscription, revision: 0 })
    .execute();
  await insertPlanChange(db, { subscriptionId: subscription.subscription_id, at: subscription.starts_at, plan });
};

/** The newest decision holds from its instant on: what was announced for later is dropped. */
export const insertPlanChange = async (
  db: Db,
  change: { subscriptionId: string; at: string; plan: { code: string; version: number } },
): Promise<void> => {
  await sql`DELETE FROM subscription_plans WHERE subscription_id = ${change.subscriptionId} AND effective_at >= ${change.at}`.execute(
    db,
  );
  await sql`INSERT INTO subscription_plans VALUES (${change.subscriptionId}, ${change.at}, ${change.plan.code}, ${change.plan.version})`.execute(
    db,
  );
};

export const insertAddon = async (db: Db, subscriptionId: string, addon: AttachedAddon): Promise<void> => {
  await db
    .insertInto('subscription_addons')
    .values({
      addon_id: addon.addon_id,
      subscription_id: subscriptionId,
      addon_code: addon.code,
      resource_kind: addon.kind,
      qty: addon.qty,
      price_cents: String(addon.price_cents),
      quantity: addon.quantity,
      starts_at: addon.starts_at,
      ends_at: addon.ends_at,
    })
    .execute();
};

export const endAddon = async (db: Db, addonId: string, at: string): Promise<void> => {
  await sql`UPDATE subscription_addons SET ends_at = greatest(starts_at, ${at}::timestamptz) WHERE addon_id = ${addonId}`.execute(
    db,
  );
};

/** Null takes an announced end back. */
export const endSubscription = async (db: Db, subscriptionId: string, at: string | null): Promise<void> => {
  await sql`UPDATE subscriptions SET ends_at = greatest(starts_at, ${at}::timestamptz) WHERE subscription_id = ${subscriptionId} AND ${at}::text IS NOT NULL`.execute(
    db,
  );
  await sql`UPDATE subscriptions SET ends_at = NULL WHERE subscription_id = ${subscriptionId} AND ${at}::text IS NULL`.execute(
    db,
  );
};

export const insertPause = async (db: Db, subscriptionId: string, at: string): Promise<void> => {
  await sql`DELETE FROM subscription_pauses WHERE subscription_id = ${subscriptionId} AND paused_at >= ${at}::timestamptz`.execute(
    db,
  );
  await sql`INSERT INTO subscription_pauses VALUES (${subscriptionId}, ${at}, NULL)`.execute(db);
};

/** Ends the pause that holds at an instant. */
export const endPause = async (db: Db, subscriptionId: string, at: string): Promise<void> => {
  await sql`UPDATE subscription_pauses SET resumed_at = ${at}::timestamptz
    WHERE subscription_id = ${subscriptionId} AND paused_at <= ${at}::timestamptz AND (resumed_at IS NULL OR resumed_at > ${at}::timestamptz)`.execute(
    db,
  );
};

export const setTrialEnd = async (db: Db, subscriptionId: string, at: string): Promise<void> => {
  await sql`UPDATE subscriptions SET trial_ends_at = ${at}::timestamptz WHERE subscription_id = ${subscriptionId}`.execute(
    db,
  );
};

/** Takes the next `count` revisions; returns the first of them. */
export const takeRevisions = async (db: Db, subscriptionId: string, count: number): Promise<number> => {
  const { rows } = await sql<{ revision: number }>`UPDATE subscriptions SET revision = revision + ${count}
    WHERE subscription_id = ${subscriptionId} RETURNING revision`.execute(db);
  return (rows[0]?.revision ?? 0) - count + 1;
};
