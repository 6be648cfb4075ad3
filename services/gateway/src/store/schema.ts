import type { Role } from '@arcadia/contracts';

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
  last_used_at: string | null;
  revoked_at: string | null;
  revoked_by: string | null;
};

export type Tables = { api_keys: ApiKeyRow };
