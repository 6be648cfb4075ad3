import { sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/** @returns false when the request was handled before */
export async function openReply(
  db: Transaction<Tables>,
  request: { drift_id: string; request: number },
): Promise<boolean> {
  const result = await sql`
    INSERT INTO drift_replies (drift_id, request) VALUES (${request.drift_id}, ${request.request})
    ON CONFLICT DO NOTHING`.execute(db);
  return result.numAffectedRows === 1n;
}

export async function bindReplyToSaga(
  db: Transaction<Tables>,
  request: { drift_id: string; request: number },
  sagaId: string,
): Promise<void> {
  await db
    .updateTable('drift_replies')
    .set({ saga_id: sagaId })
    .where('drift_id', '=', request.drift_id)
    .where('request', '=', request.request)
    .execute();
}
