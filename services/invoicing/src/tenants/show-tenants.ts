import { type Actor, dayOf, type invoicing, isRefusal, type RequestOutput, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findBillingProfile, usualCurrency } from '../store/tenants/billing-profiles.ts';
import { isKnownTenant } from '../store/tenants/known-tenants.ts';
import {
  type DueByAge,
  pageOfStatement,
  pageOfTenants,
  receivablesByAge,
  type StatementRow,
  type TenantAccountRow,
} from '../store/tenants/tenant-accounts.ts';
import { refuseTenant } from './refuse-unknown-tenant.ts';

type TenantAccount = RequestOutput<typeof invoicing.getTenant>;

export async function listTenants({ input }: ReadRequest<typeof invoicing.listTenants>, ctx: Context) {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, 1) : null;
  if (isRefusal(after)) return after;
  const rows = await pageOfTenants(ctx.db, {
    tenantId: null,
    q: input.q ?? null,
    isOverdue: input.is_overdue === undefined ? null : input.is_overdue === 'true',
    today: dayOf(ctx.clock.now()),
    after: after?.[0] ?? null,
    sorting,
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ tenant_id: id, sort_key }) => (sorting === null ? [id] : sortCursor(sorting, { sort_key, id })),
    itemOf: accountOf,
  });
}

export async function getTenant({ input, actor }: ReadRequest<typeof invoicing.getTenant>, ctx: Context) {
  if (!maySee(actor, input.tenant_id)) return refuseTenant(ctx.db, actor, input.tenant_id);
  const today = dayOf(ctx.clock.now());
  const filter = { q: null, isOverdue: null, today, after: null, sorting: null, limit: 1 };
  const [row] = await pageOfTenants(ctx.db, { tenantId: input.tenant_id, ...filter });
  return row === undefined ? refuseTenant(ctx.db, actor, input.tenant_id) : accountOf(row);
}

export async function getStatement({ input, actor }: ReadRequest<typeof invoicing.getStatement>, ctx: Context) {
  const { tenant_id, limit } = input;
  if (!maySee(actor, tenant_id)) return refuseTenant(ctx.db, actor, tenant_id);
  const after = readCursor(input.cursor, 3);
  if (isRefusal(after)) return after;
  if (!(await isKnownTenant(ctx.db, tenant_id))) return refuseTenant(ctx.db, actor, tenant_id);
  const { currency } = await findBillingProfile(ctx.db, tenant_id);
  const [at = '', rank = '', documentId = ''] = after ?? [];
  const rows = await pageOfStatement(ctx.db, {
    tenantId: tenant_id,
    after: after === null ? null : [at, rank, documentId],
    limit,
  });
  const page = cutPage(rows, {
    limit,
    keyOf: (row) => [row.at, row.rank, row.document_id],
    itemOf: entryOf,
  });
  return { currency, ...page };
}

/** An entry as it is shown; its rank only orders it. */
const entryOf = (row: StatementRow): RequestOutput<typeof invoicing.getStatement>['items'][number] => ({
  kind: row.kind,
  at: row.at,
  document_id: row.document_id,
  invoice_id: row.invoice_id,
  number: row.number,
  period: row.period,
  due_on: row.due_on,
  detail: row.detail,
  amount_cents: Number(row.amount_cents),
  balance_cents: Number(row.balance_cents),
});

export const maySee = (actor: Actor, tenantId: string): boolean => {
  const scope = tenantScope(actor);
  return scope === null || scope === tenantId;
};

/** The amounts due from all tenants, by currency and age. */
export async function getReceivables(_: ReadRequest<typeof invoicing.getReceivables>, ctx: Context) {
  const today = dayOf(ctx.clock.now());
  const rows = await receivablesByAge(ctx.db, today);
  return {
    as_of: today,
    currencies: rows.map((row) => ({
      ...agesOf(row),
      currency: row.currency,
      tenants: row.tenants,
      invoices: row.invoices,
      total_cents: Number(row.total_cents),
    })),
  };
}

const agesOf = (row: DueByAge): TenantAccount['due_by_age'] => ({
  not_due_cents: Number(row.not_due_cents),
  days_1_to_30_cents: Number(row.days_1_to_30_cents),
  days_31_to_60_cents: Number(row.days_31_to_60_cents),
  days_61_to_90_cents: Number(row.days_61_to_90_cents),
  over_90_days_cents: Number(row.over_90_days_cents),
});

/** A tenant without a billing profile of its own is billed by the usual one. */
const accountOf = (row: TenantAccountRow): TenantAccount => ({
  tenant_id: row.tenant_id,
  name: row.name ?? row.tenant_id,
  currency: row.currency ?? usualCurrency,
  deployments: row.deployments,
  invoices: row.invoices,
  outstanding_cents: Number(row.outstanding_cents),
  overdue_cents: Number(row.overdue_cents),
  due_by_age: agesOf(row),
  overdue_invoices: row.overdue_invoices,
  balance_cents: Number(row.balance_cents),
});
