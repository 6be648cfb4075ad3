import {
  type Actor,
  dayOf,
  invoicing,
  isRefusal,
  nameUuid,
  type Refusal,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { ledgerOf } from '../domain/prepaid/ledger.ts';
import { creditsOf, endCredit, insertCredit } from '../store/prepaid/prepaid-credits.ts';
import type { Db, Tables } from '../store/schema.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { isKnownTenant } from '../store/tenants/known-tenants.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { refuseTenant } from '../tenants/refuse-unknown-tenant.ts';
import { refuseTermWithoutReason } from '../terms/refuse-without-reason.ts';
import { publishCredits } from './draw-prepaid.ts';

type View = RequestOutput<typeof invoicing.listPrepaidCredits>;
type Row = Awaited<ReturnType<typeof creditsOf>>[number];

const refuseOther = async (db: Db, actor: Actor, tenantId: string): Promise<Refusal<'not-found'> | null> => {
  const scope = tenantScope(actor);
  const isOthers = scope !== null && scope !== tenantId;
  return isOthers || !(await isKnownTenant(db, tenantId)) ? refuseTenant(db, actor, tenantId) : null;
};

export async function listPrepaidCredits(
  { input, actor }: ReadRequest<typeof invoicing.listPrepaidCredits>,
  ctx: Context,
) {
  const refused = await refuseOther(ctx.db, actor, input.tenant_id);
  const at = input.at === undefined ? ctx.clock.now() : Temporal.Instant.from(input.at);
  return refused ?? viewOf(ctx.db, input.tenant_id, at);
}

export async function getPrepaidCredit({ input, actor }: ReadRequest<typeof invoicing.getPrepaidCredit>, ctx: Context) {
  const { tenant_id, credit_id } = input;
  const refused = await refuseOther(ctx.db, actor, tenant_id);
  if (refused !== null) return refused;
  const row = (await creditsOf(ctx.db, tenant_id)).find(({ credit }) => credit.credit_id === credit_id);
  return row === undefined ? noSuchCredit(input) : creditViewOf(row, ctx.clock.now());
}

export async function getPrepaidLedger({ input, actor }: ReadRequest<typeof invoicing.getPrepaidLedger>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const refused = await refuseOther(ctx.db, actor, input.tenant_id);
  if (refused !== null) return refused;
  let balance = 0;
  const entries = ledgerOf((await creditsOf(ctx.db, input.tenant_id)).map(creditOf), ctx.clock.now()).map(
    (entry, index) => {
      balance += entry.amount_cents;
      return { ...entry, position: index + 1, balance_cents: balance };
    },
  );
  const before = after === null ? entries.length + 1 : Number(after[0]);
  const rows = entries.filter(({ position }) => position < before).toReversed();
  const page = cutPage(rows.slice(0, input.limit + 1), {
    limit: input.limit,
    keyOf: ({ position }) => [position],
    itemOf: ({ at, kind, credit, invoice_id, period, amount_cents, balance_cents }) => ({
      at: at.toString(),
      kind,
      credit_id: credit.credit_id,
      name: credit.name,
      origin: credit.origin,
      invoice_id,
      period,
      amount_cents,
      balance_cents,
    }),
  });
  return { ...page, total: entries.length };
}

export async function createPrepaidCredit(
  { input, actor, tx }: CommandRequest<typeof invoicing.createPrepaidCredit, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id, origin, name, amount_cents, reference, reason } = input;
  const now = ctx.clock.now();
  await lockTenant(tx.sql, tenant_id);
  const refused = await refuseOther(tx.sql, actor, tenant_id);
  if (refused !== null) return refused;
  if ((origin === 'paid') !== (reference !== undefined))
    return refuse('invalid-term', '`reference` names the payment: a paid credit has one, and a granted one has none.');
  const { from = dayOf(now), expires_on = null } = input;
  if (expires_on !== null && expires_on <= from)
    return refuse('invalid-term', `\`expires_on\` is ${expires_on}: give a day after \`from\`, ${from}.`);
  const unfounded = origin === 'granted' ? refuseTermWithoutReason({ from, reason }, now) : null;
  if (unfounded !== null) return unfounded;
  const known = await creditsOf(tx.sql, tenant_id);
  if (known.length >= invoicing.termsAtMost)
    return refuse('too-many-terms', `${tenant_id} has ${known.length} prepaid credits; more are not kept.`);
  const number = known.length + 1;
  const credit_id = nameUuid('prepaid-credit', tenant_id, String(number));
  await insertCredit(tx.sql, {
    tenant_id,
    credit: { credit_id, number, origin, name, amount_cents, from, expires_on },
    reference: reference ?? null,
    created_at: now.toString(),
    created_by: actor.subject,
    reason: reason ?? null,
  });
  await publishCredits(tx, { tenantId: tenant_id, creditIds: [credit_id], reason });
  return viewOf(tx.sql, tenant_id, now);
}

/** Withdraws the rest of a credit from today on, so that the month that is running does not draw it. */
export async function endPrepaidCredit(
  { input, actor, tx }: CommandRequest<typeof invoicing.endPrepaidCredit, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id, credit_id, reason } = input;
  const now = ctx.clock.now();
  await lockTenant(tx.sql, tenant_id);
  const row = (await creditsOf(tx.sql, tenant_id)).find((each) => each.credit_id === credit_id);
  if (row === undefined) return noSuchCredit(input);
  const today = dayOf(now);
  const { expires_on } = row.credit;
  if (expires_on !== null && expires_on <= today)
    return refuse('already-ended', `Prepaid credit ${credit_id} ended on ${expires_on} already.`);
  await endCredit(tx.sql, { credit: { ...row.credit, expires_on: today }, by: actor.subject, reason });
  await publishCredits(tx, { tenantId: tenant_id, creditIds: [credit_id], reason });
  return viewOf(tx.sql, tenant_id, now);
}

const noSuchCredit = ({ tenant_id, credit_id }: { tenant_id: string; credit_id: string }) =>
  refuse('not-found', `${tenant_id} has no prepaid credit ${credit_id}.`);

const creditOf = ({ credit, draws, ended_by }: Row) => ({ ...credit, draws, isWithdrawn: ended_by !== null });

const creditViewOf = (row: Row, at: Temporal.Instant): View['items'][number] => {
  const { credit, draws, reference, created_at, created_by, reason, ended_by, end_reason } = row;
  return {
    ...credit,
    reference,
    drawn_cents: draws.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
    balance_cents: ledgerOf([creditOf(row)], at).reduce((sum, { amount_cents }) => sum + amount_cents, 0),
    created_at,
    created_by,
    reason,
    ended_by,
    end_reason,
  };
};

const viewOf = async (db: Db, tenantId: string, at: Temporal.Instant): Promise<View> => {
  const rows = await creditsOf(db, tenantId);
  const { currency } = await findBillingProfile(db, tenantId);
  const items = rows.toReversed().map((row) => creditViewOf(row, at));
  return {
    tenant_id: tenantId,
    currency,
    at: at.toString(),
    balance_cents: items.reduce((sum, { balance_cents }) => sum + balance_cents, 0),
    items,
  };
};
