import { addMonths, dayOf, type invoicing, type Period, refuse } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import { renderPdf } from '../clients/pdf/render-pdf.ts';
import type { Context } from '../context.ts';
import { ageingOf, statementDocument } from '../domain/documents/statement-document.ts';
import { customerOf } from '../invoices/customer-of.ts';
import { prepaidStatement } from '../prepaid/prepaid-statement.ts';
import type { Db } from '../store/schema.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { isKnownTenant } from '../store/tenants/known-tenants.ts';
import { balanceBefore, dueBefore, entriesBetween } from '../store/tenants/tenant-accounts.ts';
import { refuseTenant } from './refuse-unknown-tenant.ts';
import { maySee } from './show-tenants.ts';

/** Entries of one statement: about 60 pages. */
const mostEntries = 2000;

/** A statement of account as PDF, of whole UTC days. */
export async function downloadStatement({ input, actor }: ReadRequest<typeof invoicing.getStatementPdf>, ctx: Context) {
  const { tenant_id: tenantId } = input;
  if (!maySee(actor, tenantId) || !(await isKnownTenant(ctx.db, tenantId)))
    return refuseTenant(ctx.db, actor, tenantId);
  const to = input.to ?? dayOf(ctx.clock.now());
  const from = input.from ?? `${addMonths(to.slice(0, 7) as Period, -11)}-01`;
  if (from > to) return refuse('invalid-range', `\`from\` ${from} is after \`to\` ${to}.`);
  const account = await readAccount(ctx.db, { tenantId, from, to });
  if (account.entries.length > mostEntries)
    return refuse(
      'invalid-range',
      `${tenantId} has more than ${mostEntries} entries from ${from} to ${to}: choose a shorter range.`,
    );
  const profile = await findBillingProfile(ctx.db, tenantId);
  const until = Temporal.PlainDate.from(to).add({ days: 1 }).toString();
  const prepaid = await prepaidStatement(ctx.db, { tenantId, from, until });
  const parties = { supplier: ctx.config.supplier, customer: customerOf(profile) };
  const document = statementDocument({ ...parties, ...account, prepaid, from, to, currency: profile.currency });
  const bytes = await renderPdf(ctx.config, () => document);
  return { head: { media_type: 'application/pdf', file_name: `statement-${from}-${to}.pdf` }, chunks: [bytes] };
}

const readAccount = async (db: Db, { tenantId, from, to }: { tenantId: string; from: string; to: string }) => {
  const until = Temporal.PlainDate.from(to).add({ days: 1 }).toString();
  const opening = await balanceBefore(db, tenantId, from);
  const rows = await entriesBetween(db, { tenantId, from, until, limit: mostEntries });
  let balance = opening;
  const entries = rows.map(({ kind, at, number, detail, due_on, amount_cents }) => {
    balance += Number(amount_cents);
    return { kind, at, number, detail, due_on, amount_cents: Number(amount_cents), balance_cents: balance };
  });
  const dues = await dueBefore(db, tenantId, until);
  const ageing = ageingOf(dues);
  const due = Object.values(ageing).reduce((sum, cents) => sum + cents, 0);
  return { opening_cents: opening, closing_cents: balance, entries, ageing, dues, open_credit_cents: due - balance };
};
