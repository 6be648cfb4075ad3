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

/** A row of `scheduled_exports`. */
export type ScheduledExportRow = {
  export_id: string;
  /** Null: the operator's. */
  tenant_id: string | null;
  description: string;
  dataset: 'charges' | 'costs';
  format: 'csv' | 'parquet';
  endpoint_url: string;
  region: string;
  bucket: string;
  prefix: string;
  access_key: string;
  /** The secret key as `seal` encrypts it. */
  sealed: string;
  schedule: string | null;
  is_after_close: boolean;
  is_paused: boolean;
  created_at: string;
  created_by: string;
};

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'skipped';

/** The tables that are queried by name; the others are only reached in SQL. */
export type Tables = {
  webhook_endpoints: EndpointRow;
  webhook_secrets: SecretRow;
  scheduled_exports: ScheduledExportRow;
};
