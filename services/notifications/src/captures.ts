/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = [
  'idempotency',
  'mail_suppressions',
  'scheduled_exports',
  'webhook_endpoints',
  'webhook_secrets',
];

/**
 * Tables that are written again by consumers and jobs. After a set-back the notifications since are sent again, each with the id that it
 * had; the log of the former attempts is lost.
 */
export const derivedTables = [
  'export_attempts',
  'export_health',
  'export_runs',
  'export_ticks',
  'invoice_dues',
  'mail_attempts',
  'mail_deliveries',
  'mail_profiles',
  'mail_server',
  'notifications',
  'webhook_attempts',
  'webhook_deliveries',
  'webhook_health',
];
