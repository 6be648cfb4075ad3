import { periodInterval } from '@arcadia/contracts';
import { calendarOf } from './calendar.ts';
import { fraction, times } from './fraction.ts';
import { type RatingInput, usageCuts } from './rate.ts';
import type { DeploymentInput, UsageSum } from './terms.ts';

/**
 * Extrapolates a month's usage from the usage until an instant: each kind grows by the remaining time divided by the time passed.
 * Past usage stays; the expected usage falls on the last terms of the month.
 */
export function* forecastSteps(input: RatingInput, until: Temporal.Instant): Generator<undefined, RatingInput> {
  const { start, end } = periodInterval(input.period);
  const passed = until.epochMilliseconds - start.epochMilliseconds;
  const left = end.epochMilliseconds - until.epochMilliseconds;
  if (passed <= 0 || left <= 0) return input;
  const deployments: DeploymentInput[] = [];
  for (const deployment of input.deployments) {
    deployments.push(grown(input, deployment, { passed, left }));
    yield;
  }
  return { ...input, deployments };
}

const grown = (
  input: RatingInput,
  deployment: DeploymentInput,
  time: { passed: number; left: number },
): DeploymentInput => {
  const isSubscribedToTheEnd = (calendarOf(input.period, deployment.subscriptions).at(-1) ?? null) !== null;
  if (!isSubscribedToTheEnd && deployment.subscriptions.length > 0) return deployment;
  const cuts = usageCuts(input, deployment);
  const from = cuts.at(-1) ?? `${input.period}-01`;
  const until = Temporal.PlainYearMonth.from(input.period).add({ months: 1 }).toPlainDate({ day: 1 }).toString();
  const keyOf = ({ kind, divisor, dimension = '', resource_id = '' }: UsageSum): string =>
    `${kind} ${divisor} ${dimension} ${resource_id}`;
  const expected = [...Map.groupBy(deployment.usage, keyOf).values()].map((rows): UsageSum => {
    const [first] = rows;
    const used = rows.reduce((sum, { unit_seconds }) => sum.plus(unit_seconds), fraction(0).num);
    const more = times(fraction(used.toFixed()), fraction(time.left, time.passed));
    // A forecast is not a bill: rounding to a millionth of a unit-second does not matter.
    return {
      kind: first?.kind ?? '',
      ...(first?.dimension === undefined ? {} : { dimension: first.dimension }),
      ...(first?.resource_id === undefined ? {} : { resource_id: first.resource_id }),
      divisor: first?.divisor ?? '1',
      from,
      until,
      unit_seconds: more.num.div(more.den).toFixed(6),
    };
  });
  return { ...deployment, usage: [...deployment.usage, ...expected] };
};
