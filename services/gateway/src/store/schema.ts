import type { Actor, Json, Role } from '@arcadia/contracts';

/** A row of `api_keys`. Instants are RFC 3339 text ending in Z. */
export type ApiKeyRow = {
  key_id: string;
  name: string;
  role: Role;
  tenant_id: string | null;
  token_sha256: string;
  former_sha256: string | null;
  former_until: string | null;
  created_at: string;
  created_by: string;
  expires_at: string;
  rotated_at: string | null;
  rotated_by: string | null;
  /** Everybody who has rotated it, in any order; null before the first rotation. */
  holders: string[] | null;
  last_used_at: string | null;
  revoked_at: string | null;
  revoked_by: string | null;
};

/** A row of `audit_entries`. */
export type AuditRow = {
  position: string;
  event_id: string;
  at: string;
  tenant_id: string | null;
  subject: string;
  request: string;
  object_id: string | null;
  outcome: string;
  entry: unknown;
  previous_hash: string;
  hash: string;
};

/** A row of `approvals`; `actor` is the person who sent the command. */
export type ApprovalRow = {
  approval_id: string;
  status: 'waiting' | 'approved' | 'denied';
  request: string;
  input: Json;
  actor: Actor;
  if_match: string | null;
  requested_at: string;
  expires_at: string;
  decided_by: string | null;
  decided_at: string | null;
  reason: string | null;
  outcome: string | null;
  answer: Json;
};

/** A row of `rate_counts`: permissions taken in a minute since 1970. */
export type RateCountRow = { key: string; minute: string; used: number };

export type Tables = {
  api_keys: ApiKeyRow;
  audit_entries: AuditRow;
  approvals: ApprovalRow;
  rate_counts: RateCountRow;
};
