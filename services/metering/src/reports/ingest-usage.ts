import {
  canonicalDecimal,
  type Decimal,
  dayOf,
  isRefusal,
  metering,
  nameUuid,
  provisioning,
  type RequestInput,
  serviceActor,
  tenantScope,
} from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { judgeReport, periodOfReport, type ReportRefusal } from '../domain/reports/judge-report.ts';
import { hardCapOf, type Terms } from '../domain/subscriptions/included.ts';
import { meterTouched } from '../jobs.ts';
import { projectDeployments, tenantsOf } from '../store/deployments/deployments.ts';
import { configInForce } from '../store/kinds/config-in-force.ts';
import { shareIntake, sharePeriod } from '../store/locks.ts';
import { periodRow } from '../store/periods/periods.ts';
import { loweringReadings } from '../store/reports/lowering-readings.ts';
import {
  addReports,
  addSubjects,
  forgottenDays,
  markReportedDays,
  type Placed,
  reportKey,
  storedReports,
} from '../store/reports/reports.ts';
import type { Tables } from '../store/schema.ts';
import { termsInForce } from '../store/subscriptions/terms.ts';
import { deriveForCaps, usedSoFar } from './used-so-far.ts';

type Input = RequestInput<typeof metering.ingestUsage>;
type Request = CommandRequest<typeof metering.ingestUsage, Tables> & { resolved: FoundDeployment[] };
type FoundDeployment = Parameters<typeof projectDeployments>[1][number];

/** At most this many unknown deployments are requested from provisioning per call, each once. */
const mostUnknown = 20;

/** Prepares for caps, and requests deployments that were created a moment ago, whose event has not been consumed yet, from provisioning. */
export async function resolveDeployments(
  { input }: ReadRequest<typeof metering.ingestUsage>,
  ctx: Context,
): Promise<FoundDeployment[]> {
  await deriveForCaps(ctx, input.reports);
  const named = [...new Set(input.reports.map(({ deployment_id }) => deployment_id))];
  const known = await tenantsOf(ctx.db, named);
  const unknown = named.filter((id) => !known.has(id)).slice(0, mostUnknown);
  const options = { actor: serviceActor('metering'), deadlineMs: 2_000 };
  const found = await Promise.all(
    unknown.map((deployment_id) => ctx.request(provisioning.getDeployment, { deployment_id }, options)),
  );
  return found.flatMap((one) => (isRefusal(one) ? [] : [one]));
}

/**
 * Accepts usage that the inventory cannot see. Each report stands for itself; accepted means stored in this transaction. A
 * report about a day that is metered already has that day metered again; in a closed period it becomes a late fact.
 */
export async function ingestUsage({ input, actor, tx, resolved }: Request, ctx: CommandContext) {
  const reports = input.reports.map(toMicroseconds);
  const now = ctx.clock.now();
  await projectDeployments(tx.sql, resolved);
  const tenants = await tenantsVisible(tx, reports, tenantScope(actor));
  await shareIntake(tx.sql);
  const context = {
    now,
    kinds: new Map(
      (await configInForce(tx.sql, dayOf(now))).flatMap((row) => (row.is_enabled ? [[row.kind, row] as const] : [])),
    ),
    tenants,
    closed: await closedPeriods(tx, reports),
    lateWindowDays: ctx.config.lateWindowDays,
  };
  const refused = new Map<number, ReportRefusal>();
  const sound: Placed[] = [];
  reports.forEach((report, index) => {
    const refusal = judgeReport(report, context);
    if (refusal === null) sound.push({ index, report, tenantId: tenants.get(report.deployment_id) ?? '' });
    else refused.set(index, refusal);
  });

  const single = withoutTwins(sound, refused);
  // What a tenant's month costs never falls by the tenant's own command (decision 0050); an operator may correct it.
  const once = tenantScope(actor) === null ? single : await withoutLowering(tx, single, refused);
  const terms = await termsInForce(tx.sql, [...new Set(once.map(({ report }) => report.deployment_id))], now);
  // Only a cap needs to know beforehand which reports are stored, so that a repetition never exceeds it.
  const isCapped = once.some((one) => capOn(one, terms) !== null);
  const fitting = isCapped
    ? await withinCaps(tx, await withoutStored(tx, once, refused), { terms, refused, now })
    : once;
  const added = await addReports(tx.sql, fitting, now);
  await withoutStored(
    tx,
    fitting.filter(({ index }) => !added.has(index)),
    refused,
  );
  const accepted = fitting.filter(({ index }) => added.has(index));
  await publishAccepted(tx, accepted, now);
  return {
    accepted: accepted.length,
    duplicates: reports.length - accepted.length - refused.size,
    refused: Array.from(refused, ([index, refusal]) => ({
      index,
      source: reports[index]?.source ?? '',
      id: reports[index]?.id ?? '',
      ...refusal,
    })).toSorted((a, b) => a.index - b.index),
  };
}

/** Instants are stored in microseconds; rounding up would move the last one of a month into the next. */
const toMicroseconds = (report: Placed['report']): Placed['report'] => {
  if (report.time.length <= '2026-04-01T00:00:00.000000Z'.length) return report;
  const time = Temporal.Instant.from(report.time).round({ smallestUnit: 'microsecond', roundingMode: 'floor' });
  return { ...report, time: time.toString() };
};

/** The tenant of each deployment; another tenant's deployment counts as unknown to a caller with a tenant of its own. */
async function tenantsVisible(
  tx: Tx,
  reports: Input['reports'],
  scope: string | null,
): Promise<ReadonlyMap<string, string>> {
  const tenants = await tenantsOf(tx.sql, [...new Set(reports.map(({ deployment_id }) => deployment_id))]);
  return scope === null ? tenants : new Map(Array.from(tenants).filter(([, tenant]) => tenant === scope));
}

async function closedPeriods(tx: Tx, reports: Input['reports']): Promise<Set<string>> {
  const periods = [...new Set(reports.map(periodOfReport))].sort();
  const closed = new Set<string>();
  for (const period of periods) {
    await sharePeriod(tx.sql, period);
    if ((await periodRow(tx.sql, period)).status === 'closed') closed.add(period);
  }
  return closed;
}

const reused = ({ source, id }: Placed['report']): ReportRefusal => ({
  reason: 'id-reused',
  detail: `${source} has reported ${id} before with different content; use a new id`,
});

/** A report's content in one spelling: `1.0` is `1`. */
const contentOf = ({ report: { form, subject, deployment_id, kind, time, quantity } }: Placed): string =>
  JSON.stringify([
    form,
    subject,
    deployment_id,
    kind,
    Temporal.Instant.from(time).toString(),
    canonicalDecimal(quantity),
  ]);

/** Of reports with the same id in one batch the first counts; different content under its id is refused. */
function withoutTwins(placed: readonly Placed[], refused: Map<number, ReportRefusal>): Placed[] {
  const first = new Map<string, Placed>();
  return placed.filter((one) => {
    const twin = first.get(reportKey(one));
    if (twin === undefined) first.set(reportKey(one), one);
    else if (contentOf(twin) !== contentOf(one)) refused.set(one.index, reused(one.report));
    return twin === undefined;
  });
}

/** The reports that are not stored yet; an id that is stored with different content is refused. */
async function withoutStored(
  tx: Tx,
  placed: readonly Placed[],
  refused: Map<number, ReportRefusal>,
): Promise<Placed[]> {
  const stored = await storedReports(tx.sql, placed);
  return placed.filter((one) => {
    const known = stored.get(one.index);
    if (known?.isSame === false) refused.set(one.index, reused(one.report));
    return known === undefined;
  });
}

/** The reports without the readings that would lower what is metered. */
async function withoutLowering(
  tx: Tx,
  placed: readonly Placed[],
  refused: Map<number, ReportRefusal>,
): Promise<Placed[]> {
  const lowering = await loweringReadings(tx.sql, placed);
  for (const { index, report } of placed) {
    const lowered = lowering.get(index);
    if (lowered === undefined) continue;
    const { known, meteredUntil } = lowered;
    refused.set(index, {
      reason: 'lowers-metered-usage',
      detail: `${report.subject} was ${known} at ${report.time}, and usage is metered until ${meteredUntil}; send the smaller size with a time after that, or ask the operator to correct the past`,
    });
  }
  return placed.filter(({ index }) => !lowering.has(index));
}

const capOn = ({ report }: Placed, terms: ReadonlyMap<string, Terms>): string | null => {
  const found = terms.get(report.deployment_id);
  return found === undefined || report.form === 'reading' ? null : hardCapOf(found, report.kind);
};

/** Refuses reports that would exceed a hard cap; the reports of a batch count in their order. */
async function withinCaps(
  tx: Tx,
  placed: readonly Placed[],
  {
    terms,
    refused,
    now,
  }: { terms: ReadonlyMap<string, Terms>; refused: Map<number, ReportRefusal>; now: Temporal.Instant },
): Promise<Placed[]> {
  const used = new Map<string, Decimal>();
  const fitting: Placed[] = [];
  for (const one of placed) {
    const cap = capOn(one, terms);
    if (cap !== null) {
      const { deployment_id: deployment, kind, quantity } = one.report;
      const period = periodOfReport(one.report);
      const key = `${deployment} ${kind} ${period}`;
      const before = used.get(key) ?? (await usedSoFar(tx, { deployment, kind, period, now }));
      const after = before.plus(quantity);
      used.set(key, after.greaterThan(cap) ? before : after);
      if (after.greaterThan(cap)) {
        const detail = `${kind} of deployment ${deployment} is capped at ${cap} in ${period}; ${before.toFixed()} is used already`;
        refused.set(one.index, { reason: 'hard-cap-reached', detail });
        continue;
      }
    }
    fitting.push(one);
  }
  return fitting;
}

/** Publishes accepted reports, one message per deployment and period, and has each past day they touch metered (again). */
async function publishAccepted(tx: Tx, accepted: readonly Placed[], now: Temporal.Instant): Promise<void> {
  if (accepted.length === 0) return;
  await addSubjects(tx.sql, accepted);
  const groups = Map.groupBy(accepted, ({ report }) => `${report.deployment_id} ${periodOfReport(report)}`);
  const batches = Array.from(groups.values(), (group) => {
    const [first] = group;
    if (first === undefined) throw new Error('a group without reports');
    return {
      period: periodOfReport(first.report),
      tenant_id: first.tenantId,
      deployment_id: first.report.deployment_id,
      batch_id: nameUuid(
        'reports',
        first.tenantId,
        ...group.map(({ report }) => JSON.stringify([report.source, report.id])).sort(),
      ),
      accepted_at: now.toString(),
      reports: group.map(({ report: { source, id, form, subject, kind, time, quantity } }) => {
        return { source, id, form, subject, kind, time, quantity };
      }),
    };
  });
  await tx.publish(metering.usageReported, batches);
  const isLate = await markReportedDays(tx.sql, accepted);
  const cause = batches[0]?.batch_id ?? '';
  if (isLate) await tx.enqueue(meterTouched, {}, { cause });
  for (const day of await forgottenDays(tx.sql, accepted, now)) await tx.enqueue('meter-day', { day }, { cause });
}
