import { canonicalJson, invoicing, metering, type Period, token } from '@arcadia/contracts';
import { errorText, type JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import {
  type NamedFacts,
  type PublishedCredit,
  type PublishedInvoice,
  type PublishedMonth,
  type PublishedOwnTerms,
  type PublishedTerms,
  proofSteps,
} from '../domain/proofs/prove-invoice.ts';
import type { PublishedAmounts, PublishedCost } from '../domain/proofs/published-costs.ts';
import { collectFacts } from '../domain/proofs/published-facts.ts';
import type { TaxPolicy } from '../domain/rating/terms.ts';
import { issuedData } from '../invoices/issue-invoice.ts';
import { inSlices } from '../rating/in-slices.ts';
import { creditedTenants } from '../store/invoices/credit-notes.ts';
import { findInvoice, linesOf } from '../store/invoices/invoices.ts';
import { drawsOfInvoice } from '../store/prepaid/prepaid-credits.ts';
import { endProof, findProof, restartProof, saveInvoiceProof } from '../store/proofs/proofs.ts';
import { differencesOfCredits, readCredited } from './prove-credits.ts';
import { readEvents } from './read-events.ts';

const { billedAmountsChanged, exchangeRateChanged, listPriceChanged, providerBillChanged } = invoicing;
const { invoiceIssued, invoiceVoided, prepaidCreditChanged, subscriptionChanged, tenantTermsChanged } = invoicing;
const { periodClosed, usageAccrued } = metering;

type Run = Pick<JobRun<{ proof_id: string }>, 'input' | 'signal' | 'progress'>;

/** The manifest of each tenant in each close of a period, by close revision. */
type Manifests = Map<number, Map<string, NamedFacts>>;

/**
 * Derives every invoice of a period again from the streams alone, which shows that the charges follow from the published events;
 * then compares it with the invoice in the tables. The credit notes of the period are proved in the same way. One tenant at a time, so that memory does not grow with their number.
 */
export async function provePeriod({ input, signal, progress }: Run, ctx: Context): Promise<void> {
  const proofId = input.proof_id;
  const proof = await findProof(ctx.db, proofId);
  if (proof === null) return;
  await restartProof(ctx.db, proofId);
  try {
    const manifests = await readManifests(ctx, proof.period, signal);
    const standing = await readStanding(ctx, proof.period, signal);
    const costs = await readCosts(ctx, proof.period, signal);
    const credited = await readCredited(ctx, proof.period, signal);
    const creditedHere = await creditedTenants(ctx.db, proof.period);
    const last = Math.max(...manifests.keys());
    const billed = [...(manifests.get(last)?.keys() ?? []), ...standing.keys()];
    const tenants = [...new Set([...billed, ...credited, ...creditedHere])].toSorted();
    for (const [index, tenant] of tenants.entries()) {
      const { seq, ...published } = await readMonth(ctx, {
        tenant,
        period: proof.period,
        invoiceId: standing.get(tenant) ?? null,
        signal,
      });
      const closeRevision = published.invoice?.close_revision ?? last;
      const manifest = manifests.get(closeRevision)?.get(tenant) ?? null;
      const month = { ...published, costs: costs.filter((cost) => cost.seq < seq), closeRevision, manifest };
      const proved = await inSlices(proofSteps(month));
      const credits = { tenant, period: proof.period, signal };
      const differences = [
        ...proved.differences,
        ...(await differencesOfTables(ctx, published.invoice)),
        ...(await differencesOfCredits(ctx, credits, { isCredited: credited.has(tenant), tax: published.tax })),
      ];
      await saveInvoiceProof(ctx.db, proofId, tenant, { ...proved, differences });
      await progress({ tenants: index + 1, of: tenants.length });
    }
    await end(ctx, proofId, null);
  } catch (error) {
    // On a stop, or a lost lease, the next attempt begins again. A fault of the streams themselves stays, however often it is retried.
    if (signal.aborted) throw error;
    const failed = errorText(error);
    ctx.log.error({ err: error, proofId, period: proof.period }, 'a proof failed');
    await end(ctx, proofId, failed);
  }
}

/** Ends a proof with its result, or with why it failed. */
const end = (ctx: Context, proofId: string, failed: string | null): Promise<void> =>
  ctx.transact(async (tx) => {
    await endProof(tx.sql, proofId, { failed, at: ctx.clock.now() });
    const ended = await findProof(tx.sql, proofId);
    if (ended !== null) await tx.publish(invoicing.proofChanged, ended);
  });

/** Tenants see documents made from the tables, so the tables must hold the published invoice. */
const differencesOfTables = async (ctx: Context, published: PublishedInvoice | null): Promise<string[]> => {
  if (published === null) return [];
  const kept = await findInvoice(ctx.db, { invoiceId: published.invoice_id, tenantId: null });
  if (kept === null) return [`Invoice ${published.number} was published and is missing from the tables.`];
  const { number, issued_at, due_on } = kept;
  const lines = await linesOf(ctx.db, published.invoice_id);
  const prepaid = await drawsOfInvoice(ctx.db, published.invoice_id);
  const isSameInstant = issued_at !== null && isWithinMicrosecond(issued_at, published.issued_at);
  const issuedAt = isSameInstant ? published.issued_at : (issued_at ?? '');
  const issued = { number: number ?? '', issuedAt, dueOn: due_on ?? '' };
  const isSame = canonicalJson(issuedData({ invoice: kept, lines, prepaid }, issued)) === canonicalJson(published);
  return isSame ? [] : [`Invoice ${published.number} differs between the tables and the event that published it.`];
};

/**
 * Whether two instants are the same in microseconds. Older events carry nanoseconds, which reading cuts off and Postgres had
 * rounded, so that the two may differ by one microsecond.
 */
const isWithinMicrosecond = (a: string, b: string): boolean => {
  const apart = Temporal.Instant.from(a).epochNanoseconds - Temporal.Instant.from(b).epochNanoseconds;
  return apart <= 1000n && apart >= -1000n;
};

const readManifests = async (ctx: Context, period: Period, signal: AbortSignal): Promise<Manifests> => {
  const manifests: Manifests = new Map();
  for await (const { data } of readEvents(ctx, [periodClosed], { subjects: [`period.closed.${period}`], signal })) {
    const version = data.hash_version ?? null;
    const tenants = data.tenants.map(({ tenant_id, facts, hash }) => [tenant_id, { facts, hash, version }] as const);
    manifests.set(data.revision, new Map(tenants));
  }
  if (manifests.size === 0)
    throw new Error(`The stream holds no close of ${period}; it may be older than the stream's retention.`);
  return manifests;
};

/** The invoices issued and not voided, by tenant. */
const readStanding = async (ctx: Context, period: Period, signal: AbortSignal): Promise<Map<string, string>> => {
  const standing = new Map<string, string>();
  const subjects = [`invoice.issued.${period}.>`, `invoice.voided.${period}.>`];
  for await (const { type, data } of readEvents(ctx, [invoiceIssued, invoiceVoided], { subjects, signal })) {
    if (type === 'invoice.issued') standing.set(data.tenant_id, data.invoice_id);
    else if (standing.get(data.tenant_id) === data.invoice_id) standing.delete(data.tenant_id);
  }
  return standing;
};

/** The provider's prices, and the rates and bills of the period, with their place on the stream, which invoices are on too. */
const readCosts = async (
  ctx: Context,
  period: Period,
  signal: AbortSignal,
): Promise<(PublishedCost & { seq: number })[]> => {
  const costs: (PublishedCost & { seq: number })[] = [];
  const subjects = ['list-price.changed.>', `exchange-rate.changed.${period}`, `provider-bill.changed.${period}`];
  const contracts = [listPriceChanged, exchangeRateChanged, providerBillChanged];
  for await (const { type, data, seq } of readEvents(ctx, contracts, { subjects, signal }))
    costs.push({ type, data, seq } as PublishedCost & { seq: number });
  return costs;
};

/** A tenant's facts, its invoice with its place on the stream, and the terms and billed amounts published before it: these are in order, being on one stream. */
const readMonth = async (
  ctx: Context,
  wanted: { tenant: string; period: Period; invoiceId: string | null; signal: AbortSignal },
): Promise<Omit<PublishedMonth, 'manifest' | 'closeRevision' | 'costs'> & { seq: number }> => {
  const { period, invoiceId, signal } = wanted;
  const tenant = token(wanted.tenant);
  const { facts, add } = collectFacts();
  const used = { subjects: [`usage.accrued.${period}.${tenant}.>`], signal, isHashed: true };
  for await (const { data } of readEvents(ctx, [usageAccrued], used)) add(data);
  const terms: PublishedTerms[] = [];
  let ownTerms: PublishedOwnTerms | null = null;
  let tax: TaxPolicy | null = null;
  const credits = new Map<string, PublishedCredit>();
  let invoice: PublishedInvoice | null = null;
  let seq = Number.POSITIVE_INFINITY;
  const amounts: PublishedAmounts[] = [];
  const subjects = [
    `subscription.changed.${tenant}.>`,
    `tenant-terms.changed.${tenant}`,
    `prepaid-credit.changed.${tenant}`,
    `billed-amounts.changed.${period}.${tenant}`,
    `invoice.issued.${period}.${tenant}`,
  ];
  const contracts = [
    subscriptionChanged,
    tenantTermsChanged,
    prepaidCreditChanged,
    billedAmountsChanged,
    invoiceIssued,
  ];
  for await (const event of readEvents(ctx, contracts, { subjects, signal })) {
    if (event.type === 'subscription.changed' || event.type === 'tenant-terms.changed') tax = event.data.tax;
    if (event.type === 'subscription.changed') terms.push(event.data);
    else if (event.type === 'tenant-terms.changed') ownTerms = event.data;
    else if (event.type === 'prepaid-credit.changed') credits.set(event.data.credit_id, event.data);
    else if (event.type === 'billed-amounts.changed') amounts.push(event.data);
    else if (event.data.invoice_id === invoiceId) {
      invoice = event.data;
      seq = event.seq;
      break;
    }
  }
  return { period, facts, terms, ownTerms, tax, credits: [...credits.values()], amounts, invoice, seq };
};
