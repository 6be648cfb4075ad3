import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE webhook_endpoints (
      endpoint_id uuid PRIMARY KEY,
      tenant_id text,
      url text NOT NULL,
      description text NOT NULL,
      event_types text[] NOT NULL,
      created_at timestamptz NOT NULL,
      created_by text NOT NULL,
      disabled_at timestamptz,
      disabled_because text CHECK (disabled_because IN ('person', 'gone', 'failing')),
      CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
    )`,
    'CREATE INDEX webhook_endpoints_newest ON webhook_endpoints (created_at DESC, endpoint_id DESC)',
    'CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints (tenant_id)',
    `CREATE TABLE webhook_secrets (
      secret_id uuid PRIMARY KEY,
      endpoint_id uuid NOT NULL,
      sealed text NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz
    )`,
    'CREATE INDEX webhook_secrets_endpoint ON webhook_secrets (endpoint_id)',
    `CREATE TABLE webhook_health (
      endpoint_id uuid PRIMARY KEY,
      failing_since timestamptz,
      held_until timestamptz,
      last_success_at timestamptz
    )`,
    `CREATE TABLE notifications (
      notification_id uuid PRIMARY KEY,
      type text NOT NULL,
      tenant_id text,
      occurred_at timestamptz NOT NULL,
      body text NOT NULL,
      created_at timestamptz NOT NULL
    )`,
    'CREATE INDEX notifications_oldest ON notifications (created_at)',
    `CREATE TABLE webhook_deliveries (
      delivery_id uuid PRIMARY KEY,
      endpoint_id uuid NOT NULL,
      notification_id uuid NOT NULL,
      occurred_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'skipped')),
      attempts integer NOT NULL,
      tries integer NOT NULL,
      first_tried_at timestamptz,
      due_at timestamptz,
      lease uuid,
      CHECK ((state = 'pending') = (due_at IS NOT NULL)),
      CHECK (lease IS NULL OR state = 'pending')
    )`,
    "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE state = 'pending'",
    'CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (endpoint_id, occurred_at DESC, delivery_id DESC)',
    'CREATE INDEX webhook_deliveries_notification ON webhook_deliveries (notification_id)',
    `CREATE TABLE webhook_attempts (
      delivery_id uuid NOT NULL,
      number integer NOT NULL,
      attempted_at timestamptz NOT NULL,
      duration_ms integer NOT NULL,
      status integer,
      answer text,
      error text,
      PRIMARY KEY (delivery_id, number)
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
  const comments = {
    webhook_endpoints: 'Webhook endpoints of tenants and, without a tenant, of the operator',
    webhook_secrets: 'Secrets that webhooks are signed with, encrypted with NOTIFICATIONS_KEY',
    webhook_health: 'How the last attempts at each endpoint went: since when it fails, and until when it is left alone',
    notifications:
      'What somebody is notified of, with the body as it is posted; derived from the events of other services',
    webhook_deliveries:
      'A notification for an endpoint. A claimed row has a lease, and due_at is then the end of the lease; tries counts the attempts since the last replay',
    webhook_attempts: 'The log of all attempts to deliver a webhook',
  };
  for (const [table, comment] of Object.entries(comments))
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
}
