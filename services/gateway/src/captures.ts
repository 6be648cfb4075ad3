/**
 * Tables that hold what no event carries; a database that was set back takes their rows back from the stream. None holds a secret: of
 * a token only its digest is stored, and an answer that showed one is stored without it.
 */
export const captures = [{ table: 'api_keys', except: ['last_used_at'] }, 'approvals', 'idempotency'];

/** The consumer of the audited commands chains them again, in the order of the stream; the requests of each caller are counted anew. */
export const derivedTables = ['audit_entries', 'audit_head', 'rate_counts'];
