import type { invoicing, Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Proof } from '../../domain/proofs/prove-invoice.ts';
import type { Db } from '../schema.ts';

export type ProofView = z.output<typeof invoicing.proof>;

const view = sql`p.proof_id, p.period, p.status, p.asked_by, p.started_at, p.completed_at, p.detail,
  (SELECT count(*)::int FROM invoice_proofs i WHERE i.proof_id = p.proof_id) AS tenants,
  (SELECT count(*)::int FROM invoice_proofs i WHERE i.proof_id = p.proof_id AND i.is_differing) AS differing`;

export const insertProof = async (
  db: Db,
  proof: { proofId: string; period: Period; requestedBy: string; at: Temporal.Instant },
): Promise<ProofView> => {
  const { rows } = await sql<ProofView>`INSERT INTO proofs AS p (proof_id, period, status, asked_by, started_at)
    VALUES (${proof.proofId}, ${proof.period}, 'running', ${proof.requestedBy}, ${proof.at.toString()}) RETURNING ${view}`.execute(
    db,
  );
  return rows[0] as ProofView;
};

export const findProof = async (db: Db, proofId: string): Promise<ProofView | null> => {
  const { rows } = await sql<ProofView>`SELECT ${view} FROM proofs p WHERE p.proof_id = ${proofId}`.execute(db);
  return rows[0] ?? null;
};

/** Proofs, newest first; one row above the limit. */
export const pageOfProofs = async (
  db: Db,
  page: { period: Period; after: readonly [startedAt: string, proofId: string] | null; limit: number },
): Promise<ProofView[]> => {
  const after =
    page.after === null
      ? sql`true`
      : sql`(p.started_at, p.proof_id) < (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)`;
  const { rows } = await sql<ProofView>`SELECT ${view} FROM proofs p WHERE p.period = ${page.period} AND ${after}
    ORDER BY p.started_at DESC, p.proof_id DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};

/** Deletes the results of an earlier attempt, so that this attempt begins again. */
export const restartProof = async (db: Db, proofId: string): Promise<void> => {
  await sql`DELETE FROM invoice_proofs WHERE proof_id = ${proofId}`.execute(db);
  await sql`UPDATE proofs SET status = 'running', detail = NULL, completed_at = NULL WHERE proof_id = ${proofId}`.execute(
    db,
  );
};

export const saveInvoiceProof = async (db: Db, proofId: string, tenantId: string, proof: Proof): Promise<void> => {
  await sql`INSERT INTO invoice_proofs (proof_id, tenant_id, is_differing, proof)
    VALUES (${proofId}, ${tenantId}, ${proof.differences.length > 0}, ${JSON.stringify(proof)}::json)`.execute(db);
};

export const endProof = async (
  db: Db,
  proofId: string,
  end: { failed: string | null; at: Temporal.Instant },
): Promise<void> => {
  await sql`UPDATE proofs SET completed_at = ${end.at.toString()}, detail = ${end.failed}, status = CASE
      WHEN ${end.failed}::text IS NOT NULL THEN 'failed'
      WHEN EXISTS (SELECT FROM invoice_proofs i WHERE i.proof_id = proofs.proof_id AND i.is_differing) THEN 'differs'
      ELSE 'proved' END
    WHERE proof_id = ${proofId}`.execute(db);
};

/** The proofs of invoices by tenant; one row above the limit. */
export const pageOfInvoiceProofs = async (
  db: Db,
  page: { proofId: string; isDiffering: boolean | null; after: string | null; limit: number },
): Promise<(Proof & { tenant_id: string })[]> => {
  const { rows } = await sql<{ tenant_id: string; proof: Proof }>`SELECT tenant_id, proof FROM invoice_proofs
    WHERE proof_id = ${page.proofId} AND (${page.isDiffering}::boolean IS NULL OR is_differing = ${page.isDiffering})
      AND (${page.after}::text IS NULL OR tenant_id COLLATE "C" > ${page.after})
    ORDER BY tenant_id COLLATE "C" LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(({ tenant_id, proof }) => ({ tenant_id, ...proof }));
};
