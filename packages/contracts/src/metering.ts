import { z } from 'zod';
import { canonicalDecimal, decimalText } from './decimal.ts';
import { defineEvent, defineRequest } from './define.ts';
import { tenantId, token, uuid } from './ids.ts';
import { contentHash, textHash } from './json.ts';
import { pageInput, pageOf } from './page.ts';
import { dayText, instantText, periodText } from './time.ts';
import { usageKind } from './usage-kinds.ts';

export const granularity = z.enum(['daily', 'hourly']);

/**
 * What quantities add up to, and what their seconds make of them. Wider than any one of them on the wire, so that however much
 * a deployment reports, what it sums to can still be said: one deployment's figures never stand in the way of the others'.
 */
const summedText = z.string().regex(/^-?\d{1,60}(\.\d{1,60})?$/, 'a plain decimal such as "2592000.5"');

/** A batch of usage that was pushed in and stored, of one deployment and period. */
export const usageReported = defineEvent({
  type: 'usage.reported',
  version: 1,
  stream: 'METERING',
  owner: 'metering',
  summary: 'Usage that inventory cannot see, as it was accepted.',
  data: z.object({
    period: periodText,
    tenant_id: tenantId,
    deployment_id: uuid,
    /** Names this acceptance; derived from the ids it holds. */
    batch_id: uuid,
    accepted_at: instantText,
    reports: z.array(
      z.object({
        /** CloudEvents source and id: together they name the report. */
        source: z.string(),
        id: z.string(),
        /** `usage` adds a quantity in the kind's unit; `reading` states the size of the subject from an instant on. */
        form: z.enum(['usage', 'reading']),
        subject: z.string().nullable(),
        kind: usageKind,
        time: instantText,
        quantity: decimalText,
      }),
    ),
  }),
  subject: (d) => `usage.reported.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => d.batch_id,
  parts: 'reports',
});

/** One line of usage: quantity = unit_seconds / divisor, exactly. */
export const usageLine = z.object({
  /** Null: reported, not observed. */
  resource_id: uuid.nullable(),
  kind: usageKind,
  /** Σ units × seconds in that state; for a reported quantity the quantity × divisor. */
  unit_seconds: summedText,
  /** Seconds of an hour or of the month; 1 for kinds that have no time in them, such as tokens. */
  divisor: decimalText,
  /** The revisions of `resource.observed` that the line rests on, ascending. Empty: reported. */
  observations: z.array(z.int()),
});

export type UsageLine = z.infer<typeof usageLine>;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The hash of a fact's lines: `contentHash` of the array of [resource_id, kind, unit_seconds, divisor], ordered by resource
 * (null last) and kind, decimals in their one spelling. Metering computes the same text in SQL.
 */
export const linesHash = (
  lines: readonly Pick<UsageLine, 'resource_id' | 'kind' | 'unit_seconds' | 'divisor'>[],
): string =>
  contentHash(
    lines
      .toSorted((a, b) => order(a.resource_id ?? '~', b.resource_id ?? '~') || order(a.kind, b.kind))
      .map((line) => [
        line.resource_id,
        line.kind,
        canonicalDecimal(line.unit_seconds),
        canonicalDecimal(line.divisor),
      ]),
  );

export const usageAccrued = defineEvent({
  type: 'usage.accrued',
  version: 1,
  stream: 'METERING',
  owner: 'metering',
  summary:
    'All usage of one deployment in one day (or hour). A higher revision replaces the whole message: lines it no longer holds are gone.',
  data: z.object({
    period: periodText,
    tenant_id: tenantId,
    deployment_id: uuid,
    granularity,
    period_start: instantText,
    period_end: instantText,
    revision: z.int().min(1),
    /** The close that first counts this revision: 1 while the period was never closed, n + 1 after its nth close. */
    close_revision: z.int().min(1),
    lines: z.array(usageLine),
    /** What is billed by it: `linesHash(lines)`. The observations are evidence and stay outside. */
    hash: z.string(),
  }),
  subject: (d) => `usage.accrued.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.deployment_id}:${d.period_start}:${d.granularity}:${d.revision}`,
  parts: 'lines',
});

export type FactIdentity = {
  deployment_id: string;
  period_start: string;
  granularity: string;
  revision: number;
  hash: string;
};

/**
 * The hash of one tenant's facts in a period: sha256, in hex, over a line for each, `deployment_id YYYY-MM-DD HH:MM:SS granularity
 * revision hash`, in the order of the first three. Metering and invoicing write the same lines in SQL, where an instant's own
 * spelling costs least.
 */
export const factsHash = (facts: readonly FactIdentity[]): string => {
  const lines = facts
    .toSorted(
      (a, b) =>
        order(a.deployment_id, b.deployment_id) ||
        order(a.period_start, b.period_start) ||
        order(a.granularity, b.granularity),
    )
    .map(({ deployment_id, period_start, granularity, revision, hash }) =>
      [deployment_id, period_start.slice(0, 10), period_start.slice(11, 19), granularity, revision, hash].join(' '),
    );
  return textHash(lines.join('\n'));
};

/** The hash of a whole manifest, whatever the order of its tenants. */
export const manifestHash = (tenants: readonly { tenant_id: string; facts: number; hash: string }[]): string =>
  contentHash(
    tenants.toSorted((a, b) => order(a.tenant_id, b.tenant_id)).map((each) => [each.tenant_id, each.facts, each.hash]),
  );

export const periodClosed = defineEvent({
  type: 'period.closed',
  version: 1,
  stream: 'METERING',
  owner: 'metering',
  summary: 'The manifest of a billing period: what every fact of it adds up to, as of this close.',
  data: z.object({
    period: periodText,
    revision: z.int().min(1),
    closed_at: instantText,
    closed_by: z.string(),
    /** What was missing and closed over by an operator; empty for a clean close. */
    closed_over: z.array(z.string()),
    /** A close that was asked for to reissue invoices: true lets invoicing void and reissue what differs. */
    is_forced: z.boolean(),
    tenants: z.array(
      z.object({
        tenant_id: tenantId,
        /** Messages of usage.accrued that count, highest revision of each. */
        facts: z.int().min(0),
        sums: z.array(
          z.object({
            kind: usageKind,
            unit_seconds: summedText,
            divisor: decimalText,
          }),
        ),
        /** `factsHash` of those messages. */
        hash: z.string(),
        /** The revisions of deployments and subscriptions it rests on. */
        deployments: z.array(z.object({ deployment_id: uuid, revision: z.int() })),
        subscriptions: z.array(z.object({ subscription_id: uuid, revision: z.int() })),
      }),
    ),
    /** `manifestHash` of the tenants. */
    hash: z.string(),
  }),
  subject: (d) => `period.closed.${d.period}`,
  key: (d) => `${d.period}:${d.revision}`,
  parts: 'tenants',
});

/** A day `YYYY-MM-DD` stands for its first instant. */
const dayOrInstant = z.union([dayText, instantText]);

/** A query string knows no true and false. */
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

export const usageGrouping = z.enum(['deployment', 'kind', 'day', 'hour', 'resource']);

/** Usage summed up. What a grouping does not tell apart is null. */
export const usageSum = z.object({
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  resource_id: uuid.nullable(),
  kind: usageKind,
  unit: z.string(),
  /** First instant of the day or hour. */
  period_start: instantText.nullable(),
  /**
   * What the range came to for this kind: the whole days (hours, where it is metered by the hour) that the range touches, up to
   * now. The same as the range where its ends are such boundaries.
   */
  covers_from: instantText,
  covers_to: instantText,
  /** Rounded half up to 12 decimals; exact in `parts`. */
  quantity: summedText,
  /** quantity = Σ unit_seconds / divisor; one part for each divisor, so for each month's length. */
  parts: z.array(z.object({ unit_seconds: summedText, divisor: decimalText })),
  /** Facts counted; what is still running and not metered yet is no fact. */
  records: z.int().min(0),
  /** Some of it was computed from the present states just now. */
  is_live: z.boolean(),
  /**
   * What the terms in force include of it in a whole month, addons counted; trial, pauses and proration are the invoice
   * preview's. Only by deployment and within one month.
   */
  included_per_month: decimalText.nullable(),
});

export const listUsage = defineRequest({
  name: 'usage.list',
  service: 'metering',
  summary: 'Usage by deployment, kind, day, hour or resource, up to this moment.',
  effect: 'read',
  roles: ['platform_admin', 'tenant'],
  input: pageInput.extend({
    tenant_id: tenantId.optional(),
    deployment: uuid.optional(),
    kind: usageKind.optional(),
    /**
     * The running month's first instant unless told. Usage is kept by whole days, or hours, and never divided: each that the range
     * touches counts whole, and a row's `covers_from` and `covers_to` say which those are.
     */
    from: dayOrInstant.optional(),
    /** Now unless told; a range that ends where it begins touches nothing. */
    to: dayOrInstant.optional(),
    group_by: usageGrouping.default('deployment'),
  }),
  output: pageOf(usageSum),
  refusals: ['invalid-range', 'invalid-cursor'],
});

/** An observation behind a fact. */
export const factObservation = z.object({
  revision: z.int(),
  stream: z.string(),
  sequence: z.int(),
  event_id: uuid,
  effective_at: instantText,
  observed_at: instantText,
  status: z.string().nullable(),
  units: decimalText,
  is_present: z.boolean(),
});

/** A report behind a fact. */
export const factReport = z.object({
  source: z.string(),
  id: z.string(),
  form: z.enum(['usage', 'reading']),
  subject: z.string().nullable(),
  time: instantText,
  quantity: decimalText,
  accepted_at: instantText,
});

export const usageFact = z.object({
  tenant_id: tenantId,
  deployment_id: uuid,
  resource_id: uuid.nullable(),
  /** As the provider calls it; null for reported usage. */
  resource_name: z.string().nullable(),
  kind: usageKind,
  granularity,
  period_start: instantText,
  period_end: instantText,
  unit_seconds: summedText,
  divisor: decimalText,
  /** The revision of the fact's message that brought this line. */
  revision: z.int(),
  observations: z.array(factObservation),
  reports: z.array(factReport),
});

export const showEvidence = defineRequest({
  name: 'usage.evidence',
  service: 'metering',
  summary: 'The facts of one deployment, each with the observations or reports behind it.',
  effect: 'read',
  roles: ['platform_admin', 'tenant'],
  input: pageInput.extend({
    deployment: uuid,
    kind: usageKind.optional(),
    resource: uuid.optional(),
    period: periodText.optional(),
    /** One fact alone: the first instant of its day or hour. */
    period_start: instantText.optional(),
  }),
  output: pageOf(usageFact),
  refusals: ['not-found', 'invalid-cursor'],
});

/** What is reported, out of its CloudEvents envelope. */
export const usageReport = z.object({
  source: z.string().min(1).max(256),
  id: z.string().min(1).max(256),
  form: z.enum(['usage', 'reading']),
  subject: z.string().min(1).max(256).nullable(),
  deployment_id: uuid,
  kind: z.string().min(1).max(63),
  time: instantText,
  /** In the kind's unit. At most 15 digits before the point and 12 after it; one with more is refused as `invalid-report`. */
  quantity: decimalText,
});
export type UsageReport = z.infer<typeof usageReport>;

export const reportRefusal = z.enum([
  'id-reused',
  'unknown-kind',
  'unknown-deployment',
  'time-in-future',
  'period-closed',
  'hard-cap-reached',
  'invalid-report',
]);

/** Each report stands for itself: some may be accepted and some refused. */
export const ingestUsage = defineRequest({
  name: 'usage.ingest',
  service: 'metering',
  summary:
    'Accept usage that inventory cannot see. Accepted means stored; the same source and id again changes nothing.',
  effect: 'command',
  roles: ['platform_admin', 'tenant'],
  input: z.object({ reports: z.array(usageReport).min(1).max(1000) }),
  output: z.object({
    accepted: z.int(),
    /** Known already, with the same content. */
    duplicates: z.int(),
    refused: z.array(
      z.object({
        index: z.int(),
        source: z.string(),
        id: z.string(),
        reason: reportRefusal,
        detail: z.string(),
      }),
    ),
  }),
  refusals: [],
});

export const periodStatus = z.enum(['open', 'closing', 'closed']);

export const billingPeriod = z.object({
  period: periodText,
  status: periodStatus,
  starts_at: instantText,
  ends_at: instantText,
  days_metered: z.int(),
  days: z.int(),
  /** Facts that stand now, late ones included. */
  facts: z.int(),
  /** Facts whose revision came after the last close. */
  late_facts: z.int(),
  /** Days that something was observed about after the late window: kept, and not metered until someone has it taken in. */
  held_days: z.int(),
  close_revision: z.int().nullable(),
  closed_at: instantText.nullable(),
  closed_by: z.string().nullable(),
  closed_over: z.array(z.string()),
  hash: z.string().nullable(),
  /** What kept it from being closed at the last attempt; shown alone, what a period that is over lacks at this moment. */
  missing: z.array(z.string()),
});

export const listPeriods = defineRequest({
  name: 'periods.list',
  service: 'metering',
  summary: 'Billing periods, newest first.',
  effect: 'read',
  roles: ['platform_admin'],
  input: pageInput,
  output: pageOf(billingPeriod),
  refusals: ['invalid-cursor'],
});

export const getPeriod = defineRequest({
  name: 'periods.get',
  service: 'metering',
  summary: 'One billing period, with what it still lacks and each of its closes: the count and the hash of its facts.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ period: periodText }),
  output: billingPeriod.extend({
    /** The sums of a close, per tenant and kind, are in its `period.closed`. */
    closes: z.array(
      z.object({
        revision: z.int(),
        closed_at: instantText,
        closed_by: z.string(),
        closed_over: z.array(z.string()),
        is_forced: z.boolean(),
        facts: z.int(),
        hash: z.string(),
      }),
    ),
    /** Whose usage would differ if the held days were metered: by `POST /metering/runs`, a forced close or a wider window. */
    held: z.array(z.object({ day: dayText, tenant_id: tenantId.nullable(), deployment_id: uuid })),
  }),
  refusals: ['not-found'],
});

export const closePeriod = defineRequest({
  name: 'periods.close',
  service: 'metering',
  summary: 'Close a billing period, so that invoices can be made. Closing a closed one changes nothing, unless forced.',
  effect: 'command',
  roles: ['platform_admin'],
  input: z.object({
    period: periodText,
    /** Close although something is missing; recorded with what was. */
    accept_missing: flag.default(false),
    /** Close a closed period anew: its late facts count from now on, and invoices that differ are reissued. */
    force: flag.default(false),
  }),
  output: billingPeriod,
  refusals: ['period-not-ended', 'period-incomplete'],
});

export const meteringConfig = z.object({
  kind: usageKind,
  revision: z.int().min(1),
  unit: z.string(),
  granularity,
  retention_days: z.int(),
  is_enabled: z.boolean(),
  /** The first UTC day it counts for. */
  effective_from: dayText,
  changed_by: z.string(),
  changed_at: instantText.nullable(),
});

export const getMeteringConfig = defineRequest({
  name: 'metering-config.get',
  service: 'metering',
  summary: 'How each kind is metered: what holds now, what is to come, and what was.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ kind: usageKind.optional() }),
  output: z.object({
    items: z.array(meteringConfig),
    upcoming: z.array(meteringConfig),
    /** Newest first. */
    history: z.array(meteringConfig),
  }),
  refusals: [],
});

export const putMeteringConfig = defineRequest({
  name: 'metering-config.put',
  service: 'metering',
  summary: 'Change how a kind is metered, from the next 00:00Z on; an unknown kind becomes one that can be reported.',
  effect: 'command',
  roles: ['platform_admin'],
  input: z.object({
    kind: usageKind,
    granularity: granularity.optional(),
    retention_days: z.int().min(31).max(3650).optional(),
    is_enabled: z.boolean().optional(),
    /** Only for a kind that is new. */
    unit: z.string().min(1).max(32).optional(),
  }),
  output: meteringConfig,
  refusals: ['unit-is-fixed'],
});

export const runMetering = defineRequest({
  name: 'metering.run',
  service: 'metering',
  summary: 'Meter past days again. What has not changed is not said again.',
  effect: 'command',
  roles: ['platform_admin'],
  input: z.object({ first_day: dayText, last_day: dayText.optional() }),
  output: z.object({ days: z.int() }),
  refusals: ['invalid-range', 'day-not-over'],
});

export * from './metering/replays.ts';
