import { type Kysely, sql } from 'kysely';

/** What each table holds, for \d+ in psql and for docs/tables.md. */
const comments = {
  observations: 'Every observation of a metered resource, with its place on the stream; only grows',
  states: 'States derived from the observations: units and owner of a resource from starts_at to ends_at',
  derivation: 'Sequence up to which observations are reflected in states',
  sweeps: 'Newest complete sweep of every resource kind',
  deployments: 'Deployments as published by provisioning',
  subscriptions: 'Every revision of every subscription, for included quantities and caps',
  usage_reports: 'Usage and readings that were reported, by source and id',
  reading_subjects: 'Subjects of readings with the resource that each may be',
  usage_records: 'Facts: unit-seconds of one resource and kind in one day or hour; partitioned by month',
  accruals:
    'Published usage messages with revision and content hash, one per deployment and day or hour; partitioned by month',
  metered_days: 'Days with the instants up to which they are metered and accrued',
  pending_days: 'Days and deployments to meter again after a late observation or report',
  metering_config: 'Configuration of every billing kind by revision: unit, granularity, retention',
  periods: 'Billing periods with status, close revision and missing items',
  period_closes: 'Every close of a period with its manifest hash',
  invoiced: 'Tenants whose invoice of a period was issued, with the close revision',
  replays: 'Replays of periods with their counts and result',
  replay_differences: 'Lines in which a replay differs from the recorded facts',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
