import { addMonths, daysOf, periodInterval, periodOf, startOfDay } from '@arcadia/contracts';
import { changesOf, type World } from '@arcadia/digitalocean-simulator';

type Platform = World['platform'];

/** One thing the player does at an instant of the played month. */
export type Action =
  /** Deployments, catalog, bindings: what is set up before anything is looked at. */
  | { do: 'set-up' }
  | { do: 'deploy'; deployment: Platform['deployments'][number] }
  /** List these kinds completely; `all` for every kind there is. */
  | { do: 'sweep'; kinds: readonly string[] | 'all' }
  /** What can only be said of things already seen: projects' tenants, desired specs. */
  | { do: 'classify' }
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
  | { do: 'say-present-states' }
  | { do: 'meter-day'; day: string }
  | { do: 'close-period'; period: string }
  | { do: 'ingest-provider-invoices' }
  | { do: 'sweep-drift' }
  | { do: 'run-saga'; saga: Platform['sagas'][number]; index: number }
  /** Nothing more: the clock comes to stand where the world ends. */
  | { do: 'end' };

export type Step = { readonly at: Temporal.Instant; readonly action: Action };

/** The order of what falls on one instant: the world is looked at before anybody acts on it. */
const precedence: readonly Action['do'][] = [
  'set-up',
  'deploy',
  'bind',
  'sweep',
  'classify',
  'attribute',
  'subscribe',
  'change-subscription',
  'attach-addon',
  'detach-addon',
  'cancel-subscription',
  'report-usage',
  'say-present-states',
  'meter-day',
  'close-period',
  'ingest-provider-invoices',
  'sweep-drift',
  'run-saga',
  'end',
];

/** A destroyed resource is struck by the sweep at its end and the next two; the regular ones are a quarter of an hour apart. */
const sweepIntervalMinutes = 15;

/**
 * The played time as a list of steps in order: every change of the world with the sweeps that see it, metering at 01:10 of
 * the day after, and after each month's end a complete sweep, closing, the provider's invoices, drift and, last, the sagas.
 * It stops where the world ends, whatever the world tells of later.
 */
export const timelineOf = (world: World): Step[] => {
  const end = endOf(world);
  const periods = periodsUntil(world, end);
  const steps = [
    ...setUp(world),
    ...worldChanges(world),
    ...tenantActions(world),
    ...periods.flatMap((period) => clockwork(period)),
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

/** Six hours after the month is what a world ends at that does not say; usage that it has reported later is played all the same. */
const endOf = (world: World): Temporal.Instant => {
  const given = Temporal.Instant.from(world.ends_at);
  if (!given.equals(periodInterval(world.period).end.add({ hours: 6 }))) return given;
  const reports = world.platform.usage.map(({ reported_at }) => Temporal.Instant.from(reported_at));
  return [given, ...reports].toSorted(Temporal.Instant.compare).at(-1) ?? given;
};

/** The billed month and those after it that begin before the end. */
const periodsUntil = (world: World, end: Temporal.Instant): string[] => {
  const periods = [world.period];
  for (let next = addMonths(world.period, 1); next <= periodOf(end); next = addMonths(next, 1)) periods.push(next);
  return periods;
};

/** What was so before the world begins is done when it begins. */
const notBefore = (world: World, at: string): string =>
  Temporal.Instant.compare(at, world.begins_at) < 0 ? world.begins_at : at;

const setUp = (world: World): Step[] => [
  step(world.begins_at, { do: 'set-up' }),
  step(world.begins_at, { do: 'sweep', kinds: 'all' }),
  step(world.begins_at, { do: 'classify' }),
  ...world.platform.deployments.map((deployment) =>
    step(notBefore(world, deployment.created_at), { do: 'deploy', deployment }),
  ),
  ...world.platform.bindings
    .filter((binding) => !isOwnProject(world, binding))
    .map((binding) => step(notBefore(world, binding.from), { do: 'bind', binding })),
];

/** The project that a deployment was created with is bound by its creation. */
const isOwnProject = (world: World, binding: Platform['bindings'][number]): boolean =>
  binding.project !== undefined &&
  world.platform.deployments.some(
    ({ id, project, created_at }) =>
      id === binding.deployment && project === binding.project && created_at === binding.from,
  );

/** An invoice of the provider is no resource: the sweeps do not show it. */
const isSeenBySweeps = (kind: string): boolean => kind !== 'invoice';

const worldChanges = (world: World): Step[] =>
  changesOf(world).flatMap(({ at, kinds, destruction }) => {
    const swept = kinds.filter(isSeenBySweeps);
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

/** What the clock does by itself: the monthly snapshot of states, and each day metered at 01:10 of the next. */
const clockwork = (period: string): Step[] => [
  step(periodInterval(period).start, { do: 'say-present-states' }),
  ...daysOf(period).map((day) =>
    step(startOfDay(Temporal.PlainDate.from(day).add({ days: 1 })).add({ minutes: 70 }), { do: 'meter-day', day }),
  ),
];

/** When a period is closed: 03:00 on the 1st. */
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

/** Half an hour after the billed month's closing, a minute apart. */
const sagas = (world: World): Step[] =>
  world.platform.sagas.map((saga, index) =>
    step(closingOf(world.period).add({ minutes: 30 + index }), { do: 'run-saga', saga, index }),
  );

/** For the person who watches. */
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
