/**
 * Tables that hold what no event carries; a database that was set back takes their rows back from the stream. The answers to
 * idempotency keys are not among them: those of `api-keys.create` hold tokens. Such a command repeated after a restore makes another key.
 */
export const captures = [{ table: 'api_keys', except: ['last_used_at'] }, 'approvals'];

/** The consumer of the audited commands chains them again, in the order of the stream. */
export const derivedTables = ['audit_entries', 'audit_head'];
