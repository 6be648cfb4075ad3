import { addMonths, daysOf, periodInterval, periodOf, startOfDay } from '@arcadia/contracts';
import { changesOf, type World } from '@arcadia/digitalocean-simulator';

type Platform = World['platform'];

/** One action of the player at an instant of the played month. */
export type Action =
  /** Sets up the catalog and billing profiles before the first sweep. */
  | { do: 'set-up' }
  | { do: 'deploy'; deployment: Platform['deployments'][number] }
  /** Takes an inventory of these kinds; `all` for every kind. */
  | { do: 'sweep'; kinds: readonly string[] | 'all' }
  /** Sets the tenants of projects and the desired state of resources, which must be in the inventory. */
  | { do: 'classify'; projects: Platform['projects']; desired: Platform['desired'] }
  | { do: 'attribute'; attribution: Platform['attributions'][number] }
  | { do: 'bind'; binding: Platform['bindings'][number] }
  | { do: 'subscribe'; subscription: Platform['subscriptions'][number] }
  | {
      do: 'change-subscription';
      subscription: Platform['subscriptions'][number];
      change: Platform['subscriptions'][number]['changes'][number];
    }
  | {
      do: 'attach-addon' | 'detach-addon';
      subscription: Platform['subscriptions'][number];
      addon: Platform['subscriptions'][number]['addons'][number];
    }
  | { do: 'cancel-subscription'; subscription: Platform['subscriptions'][number] }
  | { do: 'report-usage'; usage: Platform['usage'] }
  | { do: 'publish-present-states' }
  | { do: 'meter-day'; day: string }
  | { do: 'close-period'; period: string }
  | { do: 'ingest-provider-invoices' }
  | { do: 'sweep-drift' }
  | { do: 'run-saga'; saga: Platform['sagas'][number]; index: number }
  | { do: 'pin-exchange-rate'; rate: Platform['exchange_rates'][number] }
  | { do: 'create-alert'; alert: NonNullable<Platform['alerts']>[number] }
  | { do: 'pay-invoice'; payment: NonNullable<Platform['payments']>[number] }
  | { do: 'credit-invoice'; credit: NonNullable<Platform['credit_notes']>[number] }
  | { do: 'mark-overdue' }
  | { do: 'accept-drift'; accepted: NonNullable<Platform['accepted_drift']>[number] }
  /** Does nothing; sets the clock to the end of the world. */
  | { do: 'end' };

export type Step = { readonly at: Temporal.Instant; readonly action: Action };

/** The order of actions at one instant: sweeps come before the actions that refer to what they find. */
const precedence: readonly Action['do'][] = [
  'set-up',
  'deploy',
  'bind',
  'sweep',
  'classify',
  'attribute',
  'subscribe',
  'create-alert',
  'change-subscription',
  'attach-addon',
  'detach-addon',
  'cancel-subscription',
  'report-usage',
  'publish-present-states',
  'meter-day',
  'close-period',
  'pin-exchange-rate',
  'ingest-provider-invoices',
  'pay-invoice',
  'credit-invoice',
  'mark-overdue',
  'sweep-drift',
  'accept-drift',
  'run-saga',
  'end',
];

/** A destroyed resource is missed by the sweep at its end and by the next two, at the regular interval of sweeps. */
const sweepIntervalMinutes = 15;

/**
 * The steps of a world in order: every change with the sweeps that find it, metering at 01:10 of the next day, and after the end
 * of each month a complete sweep, the closing, the provider's invoices, the drift sweep and, for the billed month, the sagas.
 * Steps after the end of the world are left out.
 */
export const timelineOf = (world: World): Step[] => {
  const end = endOf(world);
  const periods = periodsUntil(world, end);
  const steps = [
    ...setUp(world),
    ...worldChanges(world),
    ...tenantActions(world),
    ...periods.flatMap((period) => scheduledJobs(world, period)),
    ...operatorActions(world),
    ...periods.flatMap((period) => closing(period)),
    ...sagas(world),
    step(end, { do: 'end' }),
  ];
  return steps
    .filter(({ at }) => Temporal.Instant.compare(at, end) <= 0)
    .map((step, index) => ({ step, index }))
    .sort(
      (a, b) =>
        Temporal.Instant.compare(a.step.at, b.step.at) ||
        precedence.indexOf(a.step.action.do) - precedence.indexOf(b.step.action.do) ||
        a.index - b.index,
    )
    .map(({ step }) => step);
};

const step = (at: string | Temporal.Instant, action: Action): Step => ({ at: Temporal.Instant.from(at), action });

/** The end of the timeline. A world without `ends_at` ends six hours after its month, or with its last usage report if that is later. */
const endOf = (world: World): Temporal.Instant => {
  const given = Temporal.Instant.from(world.ends_at);
  if (!given.equals(periodInterval(world.period).end.add({ hours: 6 }))) return given;
  const reports = world.platform.usage.map(({ reported_at }) => Temporal.Instant.from(reported_at));
  return [given, ...reports].toSorted(Temporal.Instant.compare).at(-1) ?? given;
};

/** The billed month and the months after it that begin before the end. */
const periodsUntil = (world: World, end: Temporal.Instant): string[] => {
  const periods = [world.period];
  for (let next = addMonths(world.period, 1); next <= periodOf(end); next = addMonths(next, 1)) periods.push(next);
  return periods;
};

/** The time of a step; anything before the beginning of the world is done at its beginning. */
const notBefore = (world: World, at: string): string =>
  Temporal.Instant.compare(at, world.begins_at) < 0 ? world.begins_at : at;

const setUp = (world: World): Step[] => [
  step(world.begins_at, { do: 'set-up' }),
  step(world.begins_at, { do: 'sweep', kinds: 'all' }),
  ...classifications(world),
  ...world.platform.deployments.map((deployment) =>
    step(notBefore(world, deployment.created_at), { do: 'deploy', deployment }),
  ),
  ...world.platform.bindings
    .filter((binding) => !isOwnProject(world, binding))
    .map((binding) => step(notBefore(world, binding.from), { do: 'bind', binding })),
];

/** Projects are classified when they exist, and a desired state is set when it is wanted. */
const classifications = (world: World): Step[] => {
  const { projects, desired, desired_changes = [] } = world.platform;
  const createdAt = new Map(world.provider.projects.map(({ id, created_at }) => [id, created_at]));
  const existing = Map.groupBy(projects, ({ project }) => notBefore(world, createdAt.get(project) ?? world.begins_at));
  const later = [...existing].filter(([at]) => at !== world.begins_at);
  return [
    step(world.begins_at, { do: 'classify', projects: existing.get(world.begins_at) ?? [], desired }),
    ...later.map(([at, these]) => step(at, { do: 'classify', projects: these, desired: [] })),
    ...desired_changes.map(({ at, ...each }) => step(at, { do: 'classify', projects: [], desired: [each] })),
  ];
};

/** True for the project that a deployment is created with, which needs no step of its own. */
const isOwnProject = (world: World, binding: Platform['bindings'][number]): boolean =>
  binding.project !== undefined &&
  world.platform.deployments.some(
    ({ id, project, created_at }) =>
      id === binding.deployment && project === binding.project && created_at === binding.from,
  );

/** False for provider invoices, which are not resources. */
const isResource = (kind: string): boolean => kind !== 'invoice';

const worldChanges = (world: World): Step[] =>
  changesOf(world).flatMap(({ at, kinds, destruction }) => {
    const swept = kinds.filter(isResource);
    if (swept.length === 0) return [];
    const sweeps = destruction ? [0, 1, 2] : [0];
    return sweeps.map((nth) => step(at.add({ minutes: nth * sweepIntervalMinutes }), { do: 'sweep', kinds: swept }));
  });

const tenantActions = (world: World): Step[] => {
  const reports = Map.groupBy(world.platform.usage, ({ reported_at }) => notBefore(world, reported_at));
  return [
    ...world.platform.subscriptions.flatMap((subscription) => subscriptionSteps(world, subscription)),
    ...world.platform.attributions.map((attribution) =>
      step(notBefore(world, attribution.from), { do: 'attribute', attribution }),
    ),
    ...[...reports].map(([at, usage]) => step(at, { do: 'report-usage', usage })),
  ];
};

const subscriptionSteps = (world: World, subscription: Platform['subscriptions'][number]): Step[] => {
  const starts = notBefore(world, subscription.starts_at);
  return [
    step(starts, { do: 'subscribe', subscription }),
    ...subscription.changes.map((change) => step(change.at, { do: 'change-subscription', subscription, change })),
    ...subscription.addons.flatMap((addon) => [
      step(addon.from === undefined ? starts : notBefore(world, addon.from), {
        do: 'attach-addon',
        subscription,
        addon,
      }),
      ...(addon.until === undefined ? [] : [step(addon.until, { do: 'detach-addon', subscription, addon })]),
    ]),
    ...(subscription.ends_at === undefined
      ? []
      : [step(subscription.ends_at, { do: 'cancel-subscription', subscription })]),
  ];
};

/** The operator's actions after the setup: money, alerts and decisions about drift. */
const operatorActions = (world: World): Step[] => {
  const {
    exchange_rates,
    payments = [],
    credit_notes = [],
    alerts = [],
    accepted_drift = [],
    deployments,
  } = world.platform;
  const createdAt = (deployment: string): string => deployments.find(({ id }) => id === deployment)?.created_at ?? '';
  return [
    ...exchange_rates.flatMap((rate) =>
      rate.at === undefined ? [] : [step(notBefore(world, rate.at), { do: 'pin-exchange-rate', rate })],
    ),
    ...payments.map((payment) => step(payment.at, { do: 'pay-invoice', payment })),
    ...credit_notes.map((credit) => step(credit.at, { do: 'credit-invoice', credit })),
    ...alerts.map((alert) =>
      step(notBefore(world, alert.from ?? createdAt(alert.deployment)), { do: 'create-alert', alert }),
    ),
    ...accepted_drift.map((accepted) => step(accepted.at, { do: 'accept-drift', accepted })),
  ];
};

/** The length of the steps in which the days of an older month are metered: the job of a day catches up the days before it. */
const daysInWeek = 7;

/**
 * The scheduled jobs of a month: the snapshot of states at its start, metering of each day at 01:10 of the next day, and, where
 * invoices are paid, marking overdue ones at 00:30 once a week.
 */
const scheduledJobs = (world: World, period: string): Step[] => {
  const { weekly_until: until } = world;
  const isWeekly = until !== undefined && Temporal.Instant.compare(periodInterval(period).start, until) < 0;
  const days = daysOf(period);
  const weekly = days.filter((_, index) => index % daysInWeek === daysInWeek - 1 || index === days.length - 1);
  const after = (day: string, minutes: number): Temporal.Instant =>
    startOfDay(Temporal.PlainDate.from(day).add({ days: 1 })).add({ minutes });
  return [
    step(periodInterval(period).start, { do: 'publish-present-states' }),
    ...(isWeekly ? weekly : days).map((day) => step(after(day, 70), { do: 'meter-day', day })),
    ...(world.platform.payments === undefined ? [] : weekly.map((day) => step(after(day, 30), { do: 'mark-overdue' }))),
  ];
};

/** When a period is closed: 03:00 UTC on the first day of the next month. */
const closingOf = (period: string): Temporal.Instant => periodInterval(period).end.add({ hours: 3 });

const closing = (period: string): Step[] => {
  const after = (minutes: number): Temporal.Instant => closingOf(period).add({ minutes });
  return [
    step(after(-150), { do: 'sweep', kinds: 'all' }),
    step(after(0), { do: 'close-period', period }),
    step(after(5), { do: 'ingest-provider-invoices' }),
    step(after(20), { do: 'sweep-drift' }),
  ];
};

/** The sagas: those without a time from half an hour after the closing of the billed month, a minute apart. */
const sagas = (world: World): Step[] =>
  world.platform.sagas.map((saga, index) =>
    step(saga.at ?? closingOf(world.period).add({ minutes: 30 + index }), { do: 'run-saga', saga, index }),
  );

/** One line about a step, for the progress display. */
export const describeStep = ({ at, action }: Step): string => {
  const time = at.toString().slice(0, 16).replace('T', ' ');
  switch (action.do) {
    case 'sweep':
      return `${time}  sweep ${action.kinds === 'all' ? 'every kind' : action.kinds.join(', ')}`;
    case 'meter-day':
      return `${time}  meter ${action.day}`;
    case 'close-period':
      return `${time}  close ${action.period} and invoice it`;
    case 'run-saga':
      return `${time}  run saga ${action.saga.kind}`;
    case 'deploy':
      return `${time}  deploy ${action.deployment.tenant}/${action.deployment.slug}`;
    default:
      return `${time}  ${action.do.replaceAll('-', ' ')}`;
  }
};
