import {
  type Actor,
  canonicalDecimal,
  Decimal,
  dayOf,
  isRefusal,
  metering,
  nameUuid,
  provisioning,
  type RequestInput,
  serviceActor,
  tenantScope,
} from '@arcadia/contracts';
import type { MeteringContext, MeteringTx } from './context.ts';
import { hardCapOf, type Terms } from './domain/included.ts';
import { judgeReport, periodOfReport, type ReportRefusal } from './domain/judge-report.ts';
import { meterTouched } from './jobs.ts';
import { usedForCap } from './store/cap-usage.ts';
import { configInForce } from './store/config-in-force.ts';
import { projectDeployments, tenantsOf } from './store/deployments.ts';
import { shareIntake, sharePeriod } from './store/locks.ts';
import { periodRow } from './store/periods.ts';
import {
  addReports,
  addSubjects,
  forgottenDays,
  markReportedDays,
  type Placed,
  reportKey,
  storedReports,
} from './store/reports.ts';
import { termsInForce } from './store/terms.ts';

type Input = RequestInput<typeof metering.ingestUsage>;
type Asked = { input: Input; actor: Actor; tx: MeteringTx };

/** At most so many deployments that were never heard of are asked for, each once. */
const mostUnknown = 20;

/**
 * Accept usage that inventory cannot see. Each report stands for itself; accepted means stored in this transaction. What it
 * says about a day that is metered already has that day metered again; if the period is closed, as a late fact.
 */
export async function ingestUsage({ input, actor, tx }: Asked, ctx: MeteringContext) {
  const reports = input.reports.map(toMicroseconds);
  const now = ctx.clock.now();
  const tenants = await tenantsKnown(tx, ctx, { reports, scope: tenantScope(actor) });
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

  const once = withoutTwins(sound, refused);
  const terms = await termsInForce(tx.sql, [...new Set(once.map(({ report }) => report.deployment_id))], now);
  // Only a cap must know beforehand what is stored already, so that a repetition is never refused for lack of room.
  const isCapped = once.some((one) => capOn(one, terms) !== null);
  const fitting = isCapped ? await withinCaps(tx, await withoutStored(tx, once, refused), { terms, refused }) : once;
  const added = await addReports(tx.sql, fitting, now);
  await withoutStored(
    tx,
    fitting.filter(({ index }) => !added.has(index)),
    refused,
  );
  const accepted = fitting.filter(({ index }) => added.has(index));
  await follow(tx, accepted, now);
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

/** Instants are kept in microseconds; rounded up, the last of a month would move to the next. */
const toMicroseconds = (report: Placed['report']): Placed['report'] => {
  if (report.time.length <= '2026-04-01T00:00:00.000000Z'.length) return report;
  const time = Temporal.Instant.from(report.time).round({ smallestUnit: 'microsecond', roundingMode: 'floor' });
  return { ...report, time: time.toString() };
};

/** Whose the deployments are; another tenant's is as unknown as one that does not exist. One just created is asked for. */
async function tenantsKnown(
  tx: MeteringTx,
  ctx: MeteringContext,
  { reports, scope }: { reports: Input['reports']; scope: string | null },
): Promise<Map<string, string>> {
  const asked = [...new Set(reports.map(({ deployment_id }) => deployment_id))];
  const tenants = await tenantsOf(tx.sql, asked);
  for (const deployment_id of asked.filter((id) => !tenants.has(id)).slice(0, mostUnknown)) {
    const found = await ctx.request(
      provisioning.getDeployment,
      { deployment_id },
      { actor: serviceActor('metering'), deadlineMs: 2_000 },
    );
    if (isRefusal(found)) continue;
    await projectDeployments(tx.sql, [found]);
    tenants.set(deployment_id, found.tenant_id);
  }
  return scope === null ? tenants : new Map(Array.from(tenants).filter(([, tenant]) => tenant === scope));
}

async function closedPeriods(tx: MeteringTx, reports: Input['reports']): Promise<Set<string>> {
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
  detail: `${source} has reported ${id} before, with another content`,
});

/** What a report says, however it is spelled: `1.0` is `1`. */
const contentOf = ({ report: { form, subject, deployment_id, kind, time, quantity } }: Placed): string =>
  JSON.stringify([
    form,
    subject,
    deployment_id,
    kind,
    Temporal.Instant.from(time).toString(),
    canonicalDecimal(quantity),
  ]);

/** Of reports with one id in one batch the first counts; another content under its id is refused. */
function withoutTwins(placed: readonly Placed[], refused: Map<number, ReportRefusal>): Placed[] {
  const first = new Map<string, Placed>();
  return placed.filter((one) => {
    const twin = first.get(reportKey(one));
    if (twin === undefined) first.set(reportKey(one), one);
    else if (contentOf(twin) !== contentOf(one)) refused.set(one.index, reused(one.report));
    return twin === undefined;
  });
}

/** The reports that are not stored yet; an id that is stored with another content is refused. */
async function withoutStored(
  tx: MeteringTx,
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

const capOn = ({ report }: Placed, terms: ReadonlyMap<string, Terms>): string | null => {
  const found = terms.get(report.deployment_id);
  return found === undefined || report.form === 'reading' ? null : hardCapOf(found, report.kind);
};

/** A hard cap refuses what would go above it; several reports of a batch count one after the other. */
async function withinCaps(
  tx: MeteringTx,
  placed: readonly Placed[],
  { terms, refused }: { terms: ReadonlyMap<string, Terms>; refused: Map<number, ReportRefusal> },
): Promise<Placed[]> {
  const used = new Map<string, Decimal>();
  const fitting: Placed[] = [];
  for (const one of placed) {
    const cap = capOn(one, terms);
    if (cap !== null) {
      const { deployment_id: deployment, kind, quantity } = one.report;
      const period = periodOfReport(one.report);
      const key = `${deployment} ${kind} ${period}`;
      const before = used.get(key) ?? new Decimal(await usedForCap(tx.sql, { deployment, kind, period }));
      const after = before.plus(quantity);
      used.set(key, after.greaterThan(cap) ? before : after);
      if (after.greaterThan(cap)) {
        const detail = `${kind} of deployment ${deployment} is capped at ${cap} in ${period}; ${before.toFixed()} are used`;
        refused.set(one.index, { reason: 'hard-cap-reached', detail });
        continue;
      }
    }
    fitting.push(one);
  }
  return fitting;
}

/** Say what was accepted, one message for each deployment and period, and have every day that is over metered, or metered again. */
async function follow(tx: MeteringTx, accepted: readonly Placed[], now: Temporal.Instant): Promise<void> {
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
