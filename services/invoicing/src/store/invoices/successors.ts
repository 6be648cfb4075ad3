import type { Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Names a new invoice as the successor of those of its month that were voided by hand, when it did not exist yet. */
export const noteSuccessor = async (
  db: Db,
  successor: { invoiceId: string; tenantId: string; period: Period },
): Promise<void> => {
  await sql`UPDATE tenant_invoices SET replaced_by = ${successor.invoiceId}
    WHERE tenant_id = ${successor.tenantId} AND period = ${successor.period} AND status = 'void' AND replaced_by IS NULL`.execute(
    db,
  );
};

/** The void invoice that an invoice replaces, the latest if there are several; null if there is none. */
export const predecessorOf = async (
  db: Db,
  invoiceId: string,
): Promise<{ invoice_id: string; number: string | null } | null> => {
  const { rows } = await sql<{
    invoice_id: string;
    number: string | null;
  }>`SELECT invoice_id, number FROM tenant_invoices
    WHERE replaced_by = ${invoiceId} ORDER BY voided_at DESC, invoice_id LIMIT 1`.execute(db);
  return rows[0] ?? null;
};
