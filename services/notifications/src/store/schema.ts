/** A row of `webhook_endpoints`. Instants are RFC 3339 text ending in Z. */
export type EndpointRow = {
  endpoint_id: string;
  /** Null: the operator's. */
  tenant_id: string | null;
  url: string;
  description: string;
  event_types: string[];
  created_at: string;
  created_by: string;
  disabled_at: string | null;
  disabled_because: 'person' | 'gone' | 'failing' | null;
};

export type SecretRow = {
  secret_id: string;
  endpoint_id: string;
  /** The secret as `seal` encrypts it. */
  sealed: string;
  created_at: string;
  /** Null: it does not end. */
  expires_at: string | null;
};

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'skipped';

/** The tables that are queried by name; the others are only reached in SQL. */
export type Tables = { webhook_endpoints: EndpointRow; webhook_secrets: SecretRow };
