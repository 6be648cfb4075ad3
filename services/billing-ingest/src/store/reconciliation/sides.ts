import { kindsWhere, type Period, periodInterval, resourceKindEntries, unitListPrices } from '@arcadia/contracts';
import { type RawBuilder, sql } from 'kysely';
import { backupShare, cappedHours } from '../../domain/reconciliation/list-prices.ts';
import { sizesInForce } from './in-force.ts';

export type Query = { period: Period; provider: string; toleratedHours: string };

/**
 * The usage kinds that are metered and invoiced per resource. Of several billing kinds of a resource kind, the first one is compared:
 * all of them are metered over the same time.
 */
const compared = resourceKindEntries.flatMap(([resource, { billed, usages }]) =>
  billed === 'by-resource' ? usages.slice(0, 1).map(({ kind }) => ({ usage: kind, resource })) : [],
);

/** Kinds with lines that name their source and no hours of their own. */
const namingSource = kindsWhere(({ billedWith }) => billedWith?.lineNames === 'source');
export const namesSource = (kind: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`${kind} = ANY(${namingSource}::text[])`;

/** The list price in cents of a unit-hour of a kind and size at the end of the period; null where neither is known. */
const listPrice = (kind: RawBuilder<unknown>, sizeSlug: RawBuilder<unknown>): RawBuilder<unknown> => sql`coalesce(
  (SELECT price_hourly * 100 FROM list_prices p CROSS JOIN month WHERE p.provider = month.provider AND p.size_slug = ${sizeSlug}
    AND p.effective_at < month.until_at ORDER BY p.effective_at DESC LIMIT 1),
  (SELECT hourly_cents FROM unit_prices u WHERE u.kind = ${kind}))`;

const settings = ({ period, provider, toleratedHours }: Query) => {
  const { start, end } = periodInterval(period);
  return sql`
    month(period, provider, from_at, until_at, tolerated) AS (
      VALUES (${period}, ${provider}, ${start.toString()}::timestamptz, ${end.toString()}::timestamptz, ${toleratedHours}::numeric)
    ),
    kinds(usage_kind, kind) AS (
      SELECT * FROM unnest(${compared.map(({ usage }) => usage)}::text[], ${compared.map(({ resource }) => resource)}::text[])
    ),
    unit_prices(kind, hourly_cents) AS (
      SELECT kind, cents / ${cappedHours}::numeric
      FROM unnest(${unitListPrices.map(({ kind }) => kind)}::text[], ${unitListPrices.map(({ monthlyCents }) => monthlyCents)}::numeric[]) AS t(kind, cents)
    ),
    latest AS (
      SELECT DISTINCT ON (resource_id) resource_id, kind, name, source_id, size_slug, units FROM resource_states CROSS JOIN month
      WHERE is_present AND effective_at < month.until_at ORDER BY resource_id, effective_at DESC
    )`;
};

/**
 * The lines of the period, each with its times in hours (as the provider counts them, and as its span), the shares of its owners, and
 * the size and list price of its resource while the line lasts. A line that ends at 23:59:59 ends with the day.
 */
const billedLines = sql`
  lines AS (
    SELECT l.*, i.invoice_uuid, CASE WHEN ${namesSource(sql`l.kind`)} THEN NULL ELSE l.hours END AS duration,
      coalesce(l.start_at, month.from_at) AS from_at, coalesce(l.ended_at, month.until_at) AS until_at,
      CASE WHEN ${namesSource(sql`l.kind`)} THEN NULL ELSE extract(epoch FROM l.ended_at - l.start_at) / 3600 END AS span_hours
    FROM month JOIN cloud_invoices i USING (period, provider) CROSS JOIN LATERAL (
      SELECT *, CASE WHEN to_char(end_at AT TIME ZONE 'UTC', 'HH24:MI:SS') = '23:59:59'
        THEN date_trunc('second', end_at) + interval '1 second' ELSE end_at END AS ended_at
      FROM cloud_cost_lines WHERE reading_id = i.reading_id AND NOT is_tax AND kind <> 'account'
    ) l
  ),
  shares AS (
    SELECT a.reading_id, a.line_no,
      coalesce(sum(a.amount_minor) FILTER (WHERE target = 'deployment'), 0) AS deployment_minor,
      coalesce(sum(a.amount_minor) FILTER (WHERE target = 'tenant'), 0) AS tenant_minor,
      coalesce(sum(a.amount_minor) FILTER (WHERE target = 'unallocated'), 0) AS unallocated_minor,
      sum(a.milliseconds) FILTER (WHERE target = 'deployment') / nullif(sum(a.milliseconds), 0) AS deployment_time,
      sum(a.milliseconds) FILTER (WHERE target = 'unallocated') / nullif(sum(a.milliseconds), 0) AS unallocated_time,
      CASE WHEN count(DISTINCT a.tenant_id) = 1 THEN min(a.tenant_id) END AS only_tenant_id,
      min(a.tenant_id) AS tenant_id, min(a.deployment_id::text)::uuid AS deployment_id
    FROM cloud_cost_allocations a JOIN lines USING (reading_id, line_no) GROUP BY a.reading_id, a.line_no
  ),
  sized AS (
    SELECT l.*, s.deployment_minor, s.tenant_minor, s.unallocated_minor, s.deployment_time, s.unallocated_time, s.tenant_id, s.deployment_id,
      CASE WHEN l.kind = 'droplet' AND r.kind = 'k8s_cluster' THEN r.kind ELSE l.kind END AS side_kind,
      coalesce(f.units, 1) AS units, f.size_slug, ${listPrice(sql`l.kind`, sql`f.size_slug`)} * coalesce(f.units, 1) AS hourly_cents
    FROM lines l JOIN shares s USING (reading_id, line_no) LEFT JOIN latest r USING (resource_id)
    CROSS JOIN LATERAL (
      SELECT sum(units * seconds) / nullif(sum(seconds), 0) AS units, (array_agg(size_slug ORDER BY seconds DESC))[1] AS size_slug
      FROM (${sizesInForce(sql`l.resource_id`, { from: sql`l.from_at`, until: sql`l.until_at` })}) AS sizes
    ) f
    WHERE l.resource_id IS NOT NULL
  )`;

const cost = (hours: RawBuilder<unknown>) => sql`(least(${hours}, ${cappedHours}) * hourly_cents)`;

/**
 * The hours of a line. Where the provider's count and the span differ, its money decides between them; without a list price both
 * may be right. The hours of a pool of workers may exceed its span. `paid_hours` are those that the money pays at the list
 * price; null where it pays a whole month, whose hours have no price of their own, and for a line that names its source, such as one
 * for all backups of a droplet.
 */
const measuredLines = sql`
  measured AS (
    SELECT *, coalesce(deployment_time, 0) * units AS expected_units,
      coalesce(CASE WHEN is_disputed AND abs(${cost(sql`span_hours`)} - amount_minor) < abs(${cost(sql`duration`)} - amount_minor)
        THEN span_hours ELSE duration END, span_hours) AS line_hours,
      coalesce(CASE WHEN is_disputed AND hourly_cents IS NULL THEN span_hours END, duration, span_hours) AS other_hours,
      CASE WHEN ${namesSource(sql`side_kind`)} THEN NULL WHEN hourly_cents > 0 AND amount_minor > 0 AND amount_minor < 0.995 * ${cappedHours} * hourly_cents
        THEN amount_minor / hourly_cents END AS paid_hours
    FROM (
      SELECT *, side_kind <> 'k8s_cluster' AND abs(duration - span_hours) > (SELECT tolerated FROM month) AS is_disputed FROM sized
    ) AS sized
  )`;

/**
 * The billed and the metered usage, by resource and kind, in unit-hours: a volume of 50 GB that lasts 2 hours has 100. Only the
 * part of a line that deployments bear is expected to be metered: the operator's own resources are not. The lines of a Kubernetes
 * cluster are compared with its workers, which are metered as droplets (decision 0034).
 */
const bothSides = sql`
  billed AS (
    SELECT side_kind AS kind, resource_id, min(description) AS name, count(*) AS lines, sum(amount_minor) AS amount_minor,
      sum(line_hours) AS hours, sum(deployment_minor) AS deployment_minor, sum(tenant_minor) AS tenant_minor,
      sum(unallocated_minor) AS unallocated_minor, max(units) AS most_units, bool_and(hourly_cents IS NULL) AS is_unpriced,
      sum(line_hours * coalesce(deployment_time, 0)) AS expected_hours,
      sum(line_hours * expected_units) AS expected, sum(other_hours * expected_units) AS other_expected,
      sum(coalesce(paid_hours, line_hours) * expected_units) AS paid, sum(units / nullif(hourly_cents, 0)) AS unit_hours_of_a_cent,
      -- Without any owned time the whole line is unallocated.
      sum(line_hours * coalesce(unallocated_time, CASE WHEN unallocated_minor = 0 THEN 0 ELSE 1 END)) AS unallocated_hours,
      min(tenant_id) AS tenant_id, min(deployment_id::text)::uuid AS deployment_id
    FROM measured GROUP BY 1, 2
  ),
  -- Lines of one span with different texts are parts of one price, such as the nodes and the storage of a database.
  billed_once AS (
    SELECT kind, resource_id, sum(expected) AS expected_once FROM (
      SELECT kind, resource_id, max(expected) AS expected FROM (
        SELECT side_kind AS kind, resource_id, from_at, until_at, sum(line_hours * expected_units) AS expected
        FROM measured GROUP BY 1, 2, 3, 4, product, description
      ) AS texts GROUP BY kind, resource_id, from_at, until_at
    ) AS spans GROUP BY kind, resource_id
  ),
  billed_clusters AS (SELECT resource_id FROM billed WHERE kind = 'k8s_cluster'),
  -- A resource has a line for each day or hour: they are added up before anything is looked up for them.
  used AS (
    SELECT m.kind, m.resource_id, m.tenant_id, m.deployment_id, sum(m.unit_seconds) AS unit_seconds
    FROM month JOIN metered_lines m USING (period)
    WHERE m.resource_id IS NOT NULL AND m.kind IN (SELECT usage_kind FROM kinds) GROUP BY 1, 2, 3, 4
  ),
  metered AS (
    SELECT CASE WHEN c.resource_id IS NULL THEN k.kind ELSE 'k8s_cluster' END AS kind,
      CASE WHEN ${namesSource(sql`k.kind`)} THEN coalesce(s.source_id, m.resource_id) ELSE coalesce(c.resource_id, m.resource_id) END AS resource_id,
      min(s.name) AS name, sum(m.unit_seconds) / 3600 AS metered, sum(m.unit_seconds / nullif(s.units, 0)) / 3600 AS metered_hours,
      min(m.tenant_id) AS tenant_id, min(m.deployment_id::text)::uuid AS deployment_id
    FROM used m JOIN kinds k ON k.usage_kind = m.kind LEFT JOIN latest s USING (resource_id)
      LEFT JOIN billed_clusters c ON k.kind = 'droplet' AND c.resource_id = s.source_id
    GROUP BY 1, 2 HAVING sum(m.unit_seconds) > 0
  ),
  sides AS (
    SELECT kind, resource_id, b.name AS billed_name, m.name AS metered_name, b.lines, b.amount_minor, b.hours AS billed_hours,
      b.expected_hours, b.unallocated_hours, b.deployment_minor, b.tenant_minor, b.unallocated_minor, b.expected,
      m.metered, m.metered_hours, coalesce(m.tenant_id, b.tenant_id) AS tenant_id,
      coalesce(m.deployment_id, b.deployment_id) AS deployment_id, kind || ':' || resource_id AS key,
      -- Any measure that agrees explains the amounts of the two sides.
      (SELECT bool_or(abs(measure - m.metered) <= greatest(tolerated * b.most_units, slack)) FROM month, (VALUES
        (b.expected, 0), (b.other_expected, 0), (b.paid, b.unit_hours_of_a_cent),
        (CASE WHEN b.is_unpriced AND kind <> 'k8s_cluster' THEN o.expected_once END, 0)) AS measures(measure, slack)) AS is_explained
    FROM billed b LEFT JOIN billed_once o USING (kind, resource_id) FULL JOIN metered m USING (kind, resource_id)
  )`;

/**
 * The resources with a difference that no measure explains, with its money. Of several lines, each is compared with what was metered
 * during it: the usage of a day is divided among the lines of that day by their time and size.
 */
const differences = sql`
  differing AS (
    SELECT * FROM sides WHERE NOT is_explained
      -- One line may be for a whole pool of workers, so fewer invoiced than metered hours are no finding.
      AND (kind <> 'k8s_cluster' OR expected > metered)
  ),
  divided AS (
    SELECT d.kind, d.resource_id, l.reading_id, l.line_no, day.metered * weight / nullif(sum(weight) OVER in_day, 0) AS metered
    FROM differing d JOIN kinds k USING (kind)
    CROSS JOIN LATERAL (
      SELECT period_start, period_start + CASE granularity WHEN 'hourly' THEN interval '1 hour' ELSE interval '1 day' END AS period_end,
        sum(unit_seconds) / 3600 AS metered
      FROM metered_lines m JOIN month USING (period) WHERE m.resource_id = d.resource_id AND m.kind = k.usage_kind GROUP BY 1, 2
    ) AS day
    JOIN measured l ON l.side_kind = d.kind AND l.resource_id = d.resource_id AND l.from_at < period_end AND l.until_at > period_start
    CROSS JOIN LATERAL (
      SELECT expected_units * extract(epoch FROM least(until_at, period_end) - greatest(from_at, period_start)) AS weight
    ) AS part
    WHERE d.lines > 1 AND d.kind <> 'k8s_cluster'
    WINDOW in_day AS (PARTITION BY d.kind, d.resource_id, period_start, period_end)
  ),
  by_line AS (
    SELECT d.kind, d.resource_id, sum(l.deployment_minor * (1 - coalesce(v.metered, 0) / nullif(l.line_hours * l.expected_units, 0))) AS value,
      sum(v.metered / l.units) AS metered_hours, coalesce(sum(v.metered), 0) AS metered
    FROM differing d JOIN measured l ON l.side_kind = d.kind AND l.resource_id = d.resource_id
    LEFT JOIN (
      SELECT reading_id, line_no, sum(metered) AS metered FROM divided GROUP BY 1, 2
    ) AS v USING (reading_id, line_no)
    WHERE d.lines > 1 AND d.kind <> 'k8s_cluster' GROUP BY d.kind, d.resource_id
  )`;

/**
 * Usage without a line of the period, valued at the list prices of its sizes, or at what this bill charged for the same kind and size.
 * A backup costs a share of its droplet's price.
 */
const unbilledUsage = sql`
  bill_rates AS (
    SELECT side_kind AS kind, size_slug, sum(amount_minor) / nullif(sum(least(line_hours, ${cappedHours}) * units), 0) AS cents
    FROM measured WHERE amount_minor > 0 GROUP BY 1, 2
  ),
  unbilled AS (
    SELECT s.*, v.price, v.sizes, CASE WHEN ${namesSource(sql`s.kind`)} THEN s.metered_hours ELSE s.metered / nullif(v.units, 0) END AS hours
    FROM sides s CROSS JOIN month CROSS JOIN LATERAL (
      SELECT sum(units * seconds) / nullif(sum(seconds), 0) AS units, string_agg(DISTINCT size_slug, ', ') AS sizes,
        CASE WHEN bool_and(cents IS NOT NULL) THEN sum(cents * seconds) / nullif(sum(seconds), 0) END AS price
      FROM (
        SELECT f.*, CASE WHEN ${namesSource(sql`s.kind`)} THEN ${listPrice(sql`'droplet'`, sql`f.size_slug`)} * ${backupShare}::numeric
          ELSE units * coalesce(${listPrice(sql`s.kind`, sql`f.size_slug`)}, (
            SELECT cents FROM bill_rates r WHERE r.kind = s.kind AND r.size_slug IS NOT DISTINCT FROM f.size_slug)) END AS cents
        FROM (${sizesInForce(sql`s.resource_id`, { from: sql`month.from_at`, until: sql`month.until_at` })}) AS f
      ) AS priced
    ) AS v
    WHERE s.amount_minor IS NULL
  )`;

/** The common table expressions of the comparison, for a query that selects from them. */
export const comparison = (query: Query): RawBuilder<unknown> =>
  sql`${settings(query)}, ${billedLines}, ${measuredLines}, ${bothSides}, ${differences}, ${unbilledUsage}`;
