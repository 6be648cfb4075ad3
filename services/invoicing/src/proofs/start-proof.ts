import { invoicing, isRefusal, refuse } from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { findProof, insertProof, pageOfInvoiceProofs, pageOfProofs } from '../store/proofs/proofs.ts';
import type { Tables } from '../store/schema.ts';
import { latestClose } from '../store/usage/closes.ts';

/** Starts the proof of a closed period; the job `prove-period` makes it. */
export async function startProof(
  { input: { period }, actor, tx }: CommandRequest<typeof invoicing.startProof, Tables>,
  ctx: CommandContext,
) {
  if ((await latestClose(tx.sql, period)) === null)
    return refuse('period-not-closed', `${period} is not closed yet, so it has no invoices to prove.`);
  const proofId = crypto.randomUUID();
  const started = await insertProof(tx.sql, { proofId, period, requestedBy: actor.subject, at: ctx.clock.now() });
  await tx.publish(invoicing.proofChanged, started);
  await tx.enqueue('prove-period', { proof_id: proofId }, { cause: proofId });
  return started;
}

export async function getProof({ input }: ReadRequest<typeof invoicing.getProof>, ctx: Context) {
  return (await findProof(ctx.db, input.proof_id)) ?? unknownProof(input.proof_id);
}

export async function listProofs({ input }: ReadRequest<typeof invoicing.listProofs>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rows = await pageOfProofs(ctx.db, {
    period: input.period,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ started_at, proof_id }) => [started_at, proof_id],
    itemOf: (row) => row,
  });
}

export async function listInvoiceProofs({ input }: ReadRequest<typeof invoicing.listInvoiceProofs>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  if ((await findProof(ctx.db, input.proof_id)) === null) return unknownProof(input.proof_id);
  const rows = await pageOfInvoiceProofs(ctx.db, {
    proofId: input.proof_id,
    isDiffering: input.is_differing ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ tenant_id }) => [tenant_id],
    itemOf: ({ differences, ...row }) => ({
      ...row,
      differences: differences.slice(0, shownDifferences),
      difference_count: differences.length,
    }),
  });
}

/** Differences of one tenant that are shown: each line of an invoice can have one. */
const shownDifferences = 200;

const unknownProof = (proofId: string) => refuse('not-found', `There is no proof ${proofId}.`);
