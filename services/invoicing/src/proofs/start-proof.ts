import { type Actor, type invoicing, isRefusal, type RequestInput, refuse } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { cursorKey, pageFrom } from '../paging.ts';
import { findProof, insertProof, pageOfInvoiceProofs, pageOfProofs } from '../store/proofs/proofs.ts';
import type { Schema } from '../store/schema.ts';
import { latestClose } from '../store/usage/closes.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

export const startProof = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input: { period }, actor }: { input: RequestInput<typeof invoicing.startProof>; actor: Actor },
) => {
  if ((await latestClose(tx.sql, period)) === null)
    return refuse('period-not-closed', `${period} is not closed yet, so nothing of it is invoiced.`);
  const proofId = crypto.randomUUID();
  const started = await insertProof(tx.sql, { proofId, period, askedBy: actor.subject, at: ctx.clock.now() });
  await tx.enqueue('prove-period', { proof_id: proofId }, { cause: proofId });
  return started;
};

export const getProof = async (ctx: Context, { input }: { input: RequestInput<typeof invoicing.getProof> }) =>
  (await findProof(ctx.db, input.proof_id)) ?? unknown(input.proof_id);

export const listProofs = async (ctx: Context, { input }: { input: RequestInput<typeof invoicing.listProofs> }) => {
  const after = cursorKey(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rows = await pageOfProofs(ctx.db, {
    period: input.period,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, { key: (row) => [row.started_at, row.proof_id], item: (row) => row });
};

export const listInvoiceProofs = async (
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.listInvoiceProofs> },
) => {
  const after = cursorKey(input.cursor, 1);
  if (isRefusal(after)) return after;
  if ((await findProof(ctx.db, input.proof_id)) === null) return unknown(input.proof_id);
  const rows = await pageOfInvoiceProofs(ctx.db, {
    proofId: input.proof_id,
    isDiffering: input.is_differing ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, { key: ({ tenant_id }) => [tenant_id], item: (row) => row });
};

const unknown = (proofId: string) => refuse('not-found', `There is no proof ${proofId}.`);
