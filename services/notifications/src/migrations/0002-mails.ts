import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE mail_profiles (
      tenant_id text PRIMARY KEY,
      revision integer NOT NULL,
      name text NOT NULL,
      currency text NOT NULL,
      language text NOT NULL,
      recipients text[] NOT NULL
    )`,
    `CREATE TABLE mail_deliveries (
      delivery_id uuid PRIMARY KEY,
      notification_id uuid NOT NULL,
      tenant_id text,
      recipient text NOT NULL,
      language text NOT NULL,
      occurred_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'skipped')),
      skipped_because text CHECK (skipped_because IN ('suppressed', 'too-old', 'settled')),
      is_without_document boolean NOT NULL DEFAULT false,
      attempts integer NOT NULL,
      tries integer NOT NULL,
      due_at timestamptz,
      lease uuid,
      CHECK ((state = 'pending') = (due_at IS NOT NULL)),
      CHECK ((state = 'skipped') = (skipped_because IS NOT NULL)),
      CHECK (lease IS NULL OR state = 'pending')
    )`,
    "CREATE INDEX mail_deliveries_due ON mail_deliveries (recipient, due_at) WHERE state = 'pending'",
    'CREATE INDEX mail_deliveries_newest ON mail_deliveries (occurred_at DESC, delivery_id DESC)',
    'CREATE INDEX mail_deliveries_tenant ON mail_deliveries (tenant_id, occurred_at DESC, delivery_id DESC)',
    'CREATE INDEX mail_deliveries_notification ON mail_deliveries (notification_id)',
    `CREATE TABLE mail_attempts (
      delivery_id uuid NOT NULL,
      number integer NOT NULL,
      attempted_at timestamptz NOT NULL,
      duration_ms integer NOT NULL,
      code integer,
      answer text,
      error text,
      PRIMARY KEY (delivery_id, number)
    )`,
    `CREATE TABLE mail_suppressions (
      suppression_id uuid PRIMARY KEY,
      recipient text NOT NULL UNIQUE,
      suppressed_at timestamptz NOT NULL,
      answer text NOT NULL
    )`,
    'CREATE INDEX mail_suppressions_newest ON mail_suppressions (suppressed_at DESC, suppression_id DESC)',
    `CREATE TABLE mail_server (
      is_only boolean PRIMARY KEY CHECK (is_only),
      failing_since timestamptz,
      held_until timestamptz,
      error text,
      last_success_at timestamptz
    )`,
    `CREATE TABLE invoice_dues (
      invoice_id uuid PRIMARY KEY,
      tenant_id text NOT NULL,
      issued_on date,
      due_on date,
      is_settled boolean NOT NULL,
      reminded_day integer,
      reference json
    )`,
    'CREATE INDEX invoice_dues_open ON invoice_dues (due_on) WHERE NOT is_settled',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
  const comments = {
    mail_profiles: 'Language and recipients of the mails of each tenant, from its billing profile',
    mail_deliveries:
      'A notification as a mail to one recipient, written in small letters where it is compared. A claimed row has a lease, and due_at is then the end of the lease; tries counts the attempts since the last replay',
    mail_attempts: 'The log of all attempts to deliver a mail',
    mail_suppressions: 'Addresses, in small letters, that the mail server refused for good: no mail is sent to them',
    mail_server: 'How the last attempts went: since when the mail server fails, and until when it is left alone',
    invoice_dues:
      'When each invoice is due, whether nothing is due any more, and the last day of a reminder counted from the due day',
  };
  for (const [table, comment] of Object.entries(comments))
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
}
