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

/** Moves a subscription to a plan from an instant on; changes planned for that instant or later are dropped. */
export const insertPlanChange = async (
  db: Db,
  change: { subscriptionId: string; at: string; plan: { code: string; version: number } },
): Promise<void> => {
  await sql`DELETE FROM subscription_plans WHERE subscription_id = ${change.subscriptionId} AND effective_at >= ${change.at}`.execute(
    db,
  );
  await sql`INSERT INTO subscription_plans (subscription_id, effective_at, plan_code, version) VALUES (${change.subscriptionId}, ${change.at}, ${change.plan.code}, ${change.plan.version})`.execute(
    db,
  );
};

export const insertAddons = async (db: Db, subscriptionId: string, addons: readonly AttachedAddon[]): Promise<void> => {
  if (addons.length === 0) return;
  const rows = addons.map(({ code, kind, price_cents, ...addon }) => ({
    ...addon,
    subscription_id: subscriptionId,
    addon_code: code,
    resource_kind: kind,
    price_cents: String(price_cents),
  }));
  await db.insertInto('subscription_addons').values(rows).execute();
};

export const endAddon = async (db: Db, addonId: string, at: string): Promise<void> => {
  await sql`UPDATE subscription_addons SET ends_at = greatest(starts_at, ${at}::timestamptz) WHERE addon_id = ${addonId}`.execute(
    db,
  );
};

/** Ends a subscription at an instant; null takes a planned end back. */
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
  await sql`INSERT INTO subscription_pauses (subscription_id, paused_at, resumed_at) VALUES (${subscriptionId}, ${at}, NULL)`.execute(
    db,
  );
};

/** Ends the pause that is in force at an instant. */
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

/** Takes the next `count` revisions of a subscription. @returns the first of them */
export const takeRevisions = async (db: Db, subscriptionId: string, count: number): Promise<number> => {
  const { rows } = await sql<{ revision: number }>`UPDATE subscriptions SET revision = revision + ${count}
    WHERE subscription_id = ${subscriptionId} RETURNING revision`.execute(db);
  return (rows[0]?.revision ?? 0) - count + 1;
};
