import { canonicalJson, type EventContract, invoicing, metering, type Period, token } from '@arcadia/contracts';
import { errorText, type Received } from '@arcadia/platform';
import {
  type PublishedFact,
  type PublishedInvoice,
  type PublishedMonth,
  type PublishedTerms,
  proveInvoice,
} from '../domain/proofs/prove-invoice.ts';
import { issuedData } from '../invoices/issue-invoice.ts';
import { findInvoice, linesOf } from '../store/invoices/invoices.ts';
import { endProof, findProof, restartProof, saveInvoiceProof } from '../store/proofs/proofs.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

const { invoiceIssued, invoiceVoided, subscriptionChanged } = invoicing;
const { periodClosed, usageAccrued } = metering;

type Run = { proofId: string; signal: AbortSignal; progress(state: Record<string, unknown>): Promise<void> };

/** What each close of a period says of each tenant, by close revision. */
type Manifests = Map<number, Map<string, { facts: number; hash: string }>>;

/**
 * Derives every invoice of a period again from what lies on the streams alone, so that what was charged is shown to follow
 * from what was said; only then is it compared with the invoice that is kept. One tenant at a time, so that memory does not
 * grow with their number.
 */
export const provePeriod = async (ctx: Context, { proofId, signal, progress }: Run): Promise<void> => {
  const proof = await findProof(ctx.db, proofId);
  if (proof === null) return;
  await restartProof(ctx.db, proofId);
  try {
    const manifests = await readManifests(ctx, proof.period, signal);
    const standing = await readStanding(ctx, proof.period, signal);
    const last = Math.max(...manifests.keys());
    const tenants = [...new Set([...(manifests.get(last)?.keys() ?? []), ...standing.keys()])].toSorted();
    for (const [index, tenant] of tenants.entries()) {
      const said = await readMonth(ctx, {
        tenant,
        period: proof.period,
        invoiceId: standing.get(tenant) ?? null,
        signal,
      });
      const closeRevision = said.invoice?.close_revision ?? last;
      const manifest = manifests.get(closeRevision)?.get(tenant) ?? null;
      const proved = proveInvoice({ ...said, closeRevision, manifest });
      const differences = [...proved.differences, ...(await differencesOfKept(ctx, said.invoice))];
      await saveInvoiceProof(ctx.db, proofId, tenant, { ...proved, differences });
      await progress({ tenants: index + 1, of: tenants.length });
    }
    await endProof(ctx.db, proofId, { failed: null, at: ctx.clock.now() });
  } catch (error) {
    // Stopping, or losing the lease: whoever takes it over begins anew. What the streams themselves cause, trying again does not mend.
    if (signal.aborted) throw error;
    const failed = errorText(error);
    ctx.log.error({ err: error, proofId, period: proof.period }, 'a proof failed');
    await endProof(ctx.db, proofId, { failed, at: ctx.clock.now() });
  }
};

/** What cannot be read is missing from what is read, and throws unless hashes tell what that must be. */
async function* read<Contract extends EventContract>(
  ctx: Context,
  contracts: readonly Contract[],
  { isHashed = false, ...options }: { subjects: readonly string[]; signal: AbortSignal; isHashed?: boolean },
): AsyncGenerator<Received<Contract>> {
  for await (const { events, unreadable } of ctx.replay(contracts, options)) {
    const [first] = unreadable;
    if (first !== undefined && !isHashed)
      throw new Error(`What lies at ${first.stream}:${first.seq} cannot be read: ${first.detail}`);
    yield* events;
  }
}

/** The papers that tenants see are made of what is kept; it must be what was said. */
const differencesOfKept = async (ctx: Context, said: PublishedInvoice | null): Promise<string[]> => {
  if (said === null) return [];
  const kept = await findInvoice(ctx.db, { invoiceId: said.invoice_id, tenantId: null });
  if (kept === null) return [`Invoice ${said.number} was said and is not kept.`];
  const { number, issued_at, due_on } = kept;
  const lines = await linesOf(ctx.db, said.invoice_id);
  const issued = { number: number ?? '', issuedAt: issued_at ?? '', dueOn: due_on ?? '' };
  const isSame = canonicalJson(issuedData({ invoice: kept, lines }, issued)) === canonicalJson(said);
  return isSame ? [] : [`Invoice ${said.number} is kept otherwise than it was said.`];
};

const readManifests = async (ctx: Context, period: Period, signal: AbortSignal): Promise<Manifests> => {
  const manifests: Manifests = new Map();
  for await (const { data } of read(ctx, [periodClosed], { subjects: [`period.closed.${period}`], signal })) {
    const tenants = data.tenants.map(({ tenant_id, facts, hash }) => [tenant_id, { facts, hash }] as const);
    manifests.set(data.revision, new Map(tenants));
  }
  if (manifests.size === 0)
    throw new Error(`The stream holds no close of ${period}; it may be older than what is kept.`);
  return manifests;
};

/** The invoice that stands, by tenant: issued and not taken back. */
const readStanding = async (ctx: Context, period: Period, signal: AbortSignal): Promise<Map<string, string>> => {
  const standing = new Map<string, string>();
  const subjects = [`invoice.issued.${period}.>`, `invoice.voided.${period}.>`];
  for await (const { type, data } of read(ctx, [invoiceIssued, invoiceVoided], { subjects, signal })) {
    if (type === 'invoice.issued') standing.set(data.tenant_id, data.invoice_id);
    else if (standing.get(data.tenant_id) === data.invoice_id) standing.delete(data.tenant_id);
  }
  return standing;
};

/** A tenant's facts, its invoice and the terms said before it: one stream tells which of them came first. */
const readMonth = async (
  ctx: Context,
  asked: { tenant: string; period: Period; invoiceId: string | null; signal: AbortSignal },
): Promise<Omit<PublishedMonth, 'manifest' | 'closeRevision'>> => {
  const { period, invoiceId, signal } = asked;
  const tenant = token(asked.tenant);
  const facts: PublishedFact[] = [];
  const used = { subjects: [`usage.accrued.${period}.${tenant}.>`], signal, isHashed: true };
  for await (const { data } of read(ctx, [usageAccrued], used)) facts.push(data);
  const terms: PublishedTerms[] = [];
  let invoice: PublishedInvoice | null = null;
  const subjects = [`subscription.changed.${tenant}.>`, `invoice.issued.${period}.${tenant}`];
  for await (const said of read(ctx, [subscriptionChanged, invoiceIssued], { subjects, signal })) {
    if (said.type === 'subscription.changed') terms.push(said.data);
    else if (said.data.invoice_id === invoiceId) {
      invoice = said.data;
      break;
    }
  }
  return { period, facts, terms, invoice };
};
