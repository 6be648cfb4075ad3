import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, Schema } from './schema.ts';

type Document = Schema['receivables']['document'];

/** Notes that the finance system has to hear of a document, and has it told soon. Each is noted once. */
export const noteReceivable = async (
  tx: Tx<Schema>,
  receivable: { document: Document; documentId: string; tenantId: string; number: string; now: Temporal.Instant },
): Promise<void> => {
  await sql`INSERT INTO receivables (document, document_id, tenant_id, number)
    VALUES (${receivable.document}, ${receivable.documentId}, ${receivable.tenantId}, ${receivable.number}) ON CONFLICT DO NOTHING`.execute(
    tx.sql,
  );
};

export type ReceivableRow = {
  document: Document;
  document_id: string;
  position: string;
  tenant_id: string;
  number: string;
  attempts: number;
  last_error: string | null;
  pushed_at: string | null;
};

/** In the order they came about; one row more than asked for. */
export const pageOfReceivables = async (
  db: Db,
  asked: { status: 'pending' | 'pushed' | null; after: string | null; limit: number },
): Promise<ReceivableRow[]> => {
  const status =
    asked.status === null
      ? sql`true`
      : asked.status === 'pending'
        ? sql`pushed_at IS NULL`
        : sql`pushed_at IS NOT NULL`;
  const { rows } = await sql<ReceivableRow>`SELECT * FROM receivables
    WHERE ${status} AND (${asked.after}::bigint IS NULL OR position > ${asked.after}::bigint) ORDER BY position LIMIT ${asked.limit + 1}`.execute(
    db,
  );
  return rows;
};
