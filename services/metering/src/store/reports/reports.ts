import { resourceId, usageKinds } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Report } from '../../domain/reports/judge-report.ts';
import { markedAgain } from '../days/metered-days.ts';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

const kindsByName = new Map(Object.entries(usageKinds));

/** A report with its index in its batch. */
export type Placed = { index: number; tenantId: string; report: Report };

/** Reports as rows of a query, with the columns of the table and their index. */
export const rowsOf = (placed: readonly Placed[]) => {
  const column = <T>(pick: (one: Placed) => T) => placed.map(pick);
  return sql`unnest(
    ${column(({ index }) => index)}::int[], ${column(({ tenantId }) => tenantId)}::text[],
    ${column(({ report }) => report.source)}::text[], ${column(({ report }) => report.id)}::text[],
    ${column(({ report }) => report.form)}::text[], ${column(({ report }) => report.subject)}::text[],
    ${column(({ report }) => report.deployment_id)}::uuid[], ${column(({ report }) => report.kind)}::text[],
    ${column(({ report }) => report.time)}::timestamptz[], ${column(({ report }) => report.quantity)}::numeric[]
  ) AS t (index, tenant_id, source, id, form, subject, deployment_id, kind, time, quantity)`;
};

/** Reports that are stored already, by index, and whether the stored content is the same. */
export async function storedReports(db: Session, placed: readonly Placed[]): Promise<Map<number, { isSame: boolean }>> {
  if (placed.length === 0) return new Map();
  const result = await sql<{ index: number; is_same: boolean }>`
    SELECT t.index, (u.form, u.subject, u.deployment_id, u.kind, u.time, u.quantity)
      IS NOT DISTINCT FROM (t.form, t.subject, t.deployment_id, t.kind, t.time, t.quantity) AS is_same
    FROM ${rowsOf(placed)} JOIN usage_reports u ON u.tenant_id = t.tenant_id AND u.source = t.source AND u.id = t.id`.execute(
    db,
  );
  return new Map(result.rows.map(({ index, is_same }) => [index, { isSame: is_same }]));
}

/**
 * Stores reports; returns the indexes of the new ones. They are written in the order of their key, so that two batches with
 * common ids wait for each other and never deadlock.
 */
export async function addReports(
  db: Session,
  placed: readonly Placed[],
  at: Temporal.Instant,
  into = 'usage_reports',
): Promise<Set<number>> {
  if (placed.length === 0) return new Set();
  const result = await sql<{ tenant_id: string; source: string; id: string }>`
    INSERT INTO ${sql.table(into)} (tenant_id, source, id, form, subject, deployment_id, kind, time, quantity, accepted_at)
    SELECT tenant_id, source, id, form, subject, deployment_id, kind, time, quantity, ${at.toString()}::timestamptz
    FROM ${rowsOf(placed)} ORDER BY tenant_id, source, id
    ON CONFLICT (tenant_id, source, id) DO NOTHING
    RETURNING tenant_id, source, id`.execute(db);
  const added = new Set(result.rows.map(({ tenant_id, source, id }) => JSON.stringify([tenant_id, source, id])));
  return new Set(placed.flatMap((one) => (added.has(reportKey(one)) ? [one.index] : [])));
}

export const reportKey = ({ tenantId, report }: Placed): string => JSON.stringify([tenantId, report.source, report.id]);

/** The resource id that a subject has if the inventory observes it: the subject is the provider's name for it. */
const resourceOf = (kind: string, subject: string): string | null => {
  const known: { resource: string | null } | undefined = kindsByName.get(kind);
  return known === undefined || known.resource === null ? null : resourceId('digitalocean', known.resource, subject);
};

/** Stores the subjects of readings. */
export async function addSubjects(db: Session, placed: readonly Placed[], into = 'reading_subjects'): Promise<void> {
  const readings = placed.filter(({ report }) => report.form === 'reading');
  if (readings.length === 0) return;
  const column = <T>(pick: (one: Placed) => T) => readings.map(pick);
  await sql`
    INSERT INTO ${sql.table(into)} (deployment_id, kind, subject, tenant_id, resource_id)
    SELECT DISTINCT * FROM unnest(
      ${column(({ report }) => report.deployment_id)}::uuid[], ${column(({ report }) => report.kind)}::text[],
      ${column(({ report }) => report.subject)}::text[], ${column(({ tenantId }) => tenantId)}::text[],
      ${column(({ report }) => resourceOf(report.kind, report.subject ?? ''))}::uuid[]) ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING`.execute(db);
}

/**
 * Past days of these reports that no schedule will meter, such as days before the first metered one. Yesterday is left to the
 * schedule.
 */
export async function forgottenDays(db: Session, placed: readonly Placed[], now: Temporal.Instant): Promise<string[]> {
  const yesterday = now.subtract({ hours: 24 }).toString().slice(0, 10);
  const days = [...new Set(placed.map(({ report }) => report.time.slice(0, 10)))].filter((day) => day < yesterday);
  if (days.length === 0) return [];
  const result = await sql<{ day: string }>`
    SELECT day FROM unnest(${days}::date[]) AS reported (day) WHERE day NOT IN (SELECT day FROM metered_days) ORDER BY day`.execute(
    db,
  );
  return result.rows.map(({ day }) => day);
}

/**
 * Marks the metered days of these reports for metering: for usage its day, for a reading every day until the next reading of
 * its subject. Returns true when it marked any.
 */
export async function markReportedDays(db: Session, placed: readonly Placed[]): Promise<boolean> {
  const metered = await sql<{ until: string | null }>`SELECT max(metered_until) AS until FROM metered_days`.execute(db);
  const until = metered.rows[0]?.until ?? null;
  if (until === null || placed.every(({ report }) => Temporal.Instant.compare(report.time, until) >= 0)) return false;
  const result = await sql<{ day: string }>`
    INSERT INTO pending_days (day, deployment_id)
    SELECT DISTINCT d.day, t.deployment_id
    FROM ${rowsOf(placed)} JOIN metered_days d ON t.time < d.metered_until AND d.starts_at < CASE t.form
      WHEN 'usage' THEN t.time + interval '1 microsecond'
      ELSE coalesce((SELECT min(u.time) FROM usage_reports u WHERE u.form = 'reading' AND u.deployment_id = t.deployment_id
        AND u.kind = t.kind AND u.subject = t.subject AND u.time > t.time), 'infinity') END
      AND (t.form = 'reading' OR t.time < d.starts_at + interval '24 hours')
    ORDER BY 1, 2
    ${markedAgain} RETURNING day`.execute(db);
  return result.rows.length > 0;
}
