import { canonicalDecimal, contentHash, contentHashSteps, type Period } from '@arcadia/contracts';
import { cutsOf } from './calendar.ts';
import { commitmentLine } from './commitment-line.ts';
import { creditLines, drawsOf } from './credit-lines.ts';
import { discountLines } from './discount-lines.ts';
import { addonLines, baseLines } from './fixed-lines.ts';
import { exactAmount } from './fraction.ts';
import { monthOf } from './month.ts';
import { overageLines, type Unrated } from './overage-lines.ts';
import { passThroughLines } from './pass-through-lines.ts';
import { withOwnPrices } from './price-overrides.ts';
import type { RatedLine } from './rated-line.ts';
import { isTaxed, taxLabel, taxOn, totalOf } from './tax.ts';
import type {
  AvailableCredit,
  BilledAmount,
  DeploymentInput,
  ExchangeRate,
  FallbackPrice,
  ListPrice,
  PlanTerms,
  PrepaidDraw,
  ProviderBill,
  TaxPolicy,
  TenantTerms,
} from './terms.ts';

/** Incremented with every change of the rules below, and stored with every rating. */
export const ratingVersion = '1';

/** Everything that the price of a tenant's month depends on. */
export type RatingInput = TenantTerms & {
  period: Period;
  currency: string;
  tax: TaxPolicy;
  deployments: DeploymentInput[];
  fallback_prices: FallbackPrice[];
  /** The provider's prices that usage depends on; absent where no price rests on them. */
  list_prices?: ListPrice[];
  /** The exchange rates by which they are converted. */
  rates?: ExchangeRate[];
  /** The provider's settled bills of the period; absent where no price passes them through, empty while none is known. */
  bills?: ProviderBill[];
  /** Whether what passes a bill through is estimated while none is known, as in quotes and previews. */
  is_estimate?: true;
  /** Prepaid credit that the invoice may draw; absent where there is none, and where only the charges of the month matter. */
  credits?: AvailableCredit[];
  /** Lines that do not come from this month's terms and usage: adjustments of earlier months, and lines added by hand. */
  other_lines: RatedLine[];
};

export type Rating = {
  rating_version: string;
  period: Period;
  currency: string;
  /** All displayed lines; the tax is the last of them, if there is any. */
  lines: RatedLine[];
  unrated: Unrated[];
  subtotal_cents: number;
  tax_cents: number;
  total_cents: number;
  /** What the invoice draws of prepaid credit; absent where it draws none. */
  prepaid?: PrepaidDraw[];
  input_hash: string;
  output_hash: string;
};

/**
 * The one rating function: quote, preview, invoice, adjustment and proof are the same function of the same inputs. Exact
 * until each line is rounded once, half up; the subtotal is the sum of displayed lines; tax is taken once, on the subtotal.
 * A tenant's own terms apply in this order: its own prices, discounts, the minimum commitment, granted credit; then the tax, and paid
 * credit of the total.
 * @throws AmountOutOfRange if a line or a sum is more than an amount can hold
 */
export const rate = (given: RatingInput): Rating => allSteps(ratingSteps(given));

/** The rating function in steps of one deployment or so: between them a service answers others while it rates a large tenant. */
export function* ratingSteps(given: RatingInput): Generator<undefined, Rating> {
  const input = yield* canonicalSteps(given);
  const rated: ReturnType<typeof rateDeployment>[] = [];
  for (const deployment of input.deployments) {
    rated.push(rateDeployment(input, deployment));
    yield;
  }
  const lines = [
    ...withTerms(
      rated.flatMap((one) => one.lines),
      input,
    ),
    ...input.other_lines,
  ];
  const { credits = [], currency } = input;
  lines.push(...creditLines(lines, { credits, currency }));
  const subtotal = lines.reduce((total, { amount_cents }) => exactAmount(total + amount_cents, 'The subtotal'), 0);
  const tax = taxOn(subtotal, input.tax);
  const total = exactAmount(totalOf(subtotal, tax, input.tax), 'The total');
  const prepaid = drawsOf(lines, total, credits);
  const result = {
    rating_version: ratingVersion,
    period: input.period,
    currency: input.currency,
    lines: isTaxed(input.tax) && lines.length > 0 ? [...lines, taxLine(input, tax)] : lines,
    unrated: rated.flatMap((one) => one.unrated),
    subtotal_cents: subtotal,
    tax_cents: tax,
    total_cents: total,
    ...(prepaid.length === 0 ? {} : { prepaid }),
  };
  // Usage without a line is shown beside an invoice; it is no part of the invoice.
  const { unrated: _, ...displayed } = result;
  const input_hash = yield* inputHashSteps(input);
  return { ...result, input_hash, output_hash: yield* contentHashSteps(displayed) };
}

/** The charges of a month with its discounts and what they lack to the minimum commitment. */
const withTerms = (charges: RatedLine[], { period, currency, discounts = [], commitments = [] }: RatingInput) => {
  if (discounts.length === 0 && commitments.length === 0) return charges;
  const discounted = [...charges, ...discountLines(charges, { discounts, currency })];
  return [...discounted, ...commitmentLine(discounted, { period, commitments, currency })];
};

const planHashes = new WeakMap<PlanTerms, string>();

/** Many deployments are on one version, so its terms are hashed once and enter the hash of the input by their own hash. */
const planHash = (plan: PlanTerms): string => {
  const known = planHashes.get(plan) ?? contentHash(plan);
  planHashes.set(plan, known);
  return known;
};

const inputHashSteps = (input: RatingInput): Generator<undefined, string> =>
  contentHashSteps({
    ...input,
    deployments: input.deployments.map((deployment) => ({
      ...deployment,
      subscriptions: deployment.subscriptions.map((subscription) => ({
        ...subscription,
        plans: subscription.plans.map(({ from, plan }) => ({ from, plan: planHash(plan) })),
      })),
    })),
  });

const rateDeployment = (input: RatingInput, deployment: DeploymentInput) => {
  const subscriptions = withOwnPrices(deployment.subscriptions, input.price_overrides);
  const month = monthOf(input.period, { ...deployment, subscriptions });
  const { lines, unrated } = overageLines(month, deployment.usage, input);
  const passed = passThroughLines(month, deployment.billed ?? [], input);
  return { lines: [...baseLines(month), ...addonLines(month), ...lines, ...passed], unrated };
};

const taxLine = (input: RatingInput, taxCents: number): RatedLine => ({
  key: 'tax',
  kind: 'tax',
  deployment_id: null,
  resource_kind: null,
  description: taxLabel(input.tax),
  qty: '1',
  unit: 'invoice',
  unit_price_cents: String(taxCents),
  amount_cents: taxCents,
  meta: { rate: canonicalDecimal(input.tax.rate), is_inclusive: input.tax.is_inclusive },
});

/** Runs all steps one after the other. */
const allSteps = <Result>(steps: Generator<undefined, Result>): Result => {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

/** One spelling and one order for equal inputs, so that equal inputs have equal hashes and make the same lines in the same order. */
function* canonicalSteps(input: RatingInput): Generator<undefined, RatingInput> {
  const deployments: DeploymentInput[] = [];
  for (const deployment of input.deployments) {
    deployments.push(canonicalDeployment(deployment));
    yield;
  }
  return { ...canonicalRest(input), deployments: deployments.toSorted(by(({ deployment_id }) => deployment_id)) };
}

const canonicalDeployment = (deployment: DeploymentInput): DeploymentInput => ({
  ...deployment,
  ...(deployment.billed === undefined ? {} : { billed: deployment.billed.toSorted(by(billedKey)) }),
  subscriptions: deployment.subscriptions.toSorted(
    by(({ starts_at, subscription_id }) => `${starts_at} ${subscription_id}`),
  ),
  usage: deployment.usage
    .map((row) => ({
      ...row,
      unit_seconds: canonicalDecimal(row.unit_seconds),
      divisor: canonicalDecimal(row.divisor),
    }))
    .toSorted(
      by(
        ({ kind, from, divisor, dimension = '', resource_id = '' }) =>
          `${kind} ${from} ${divisor}${spaced(dimension)}${spaced(resource_id)}`,
      ),
    ),
});

const canonicalRest = (input: RatingInput): RatingInput => ({
  ...input,
  fallback_prices: input.fallback_prices.toSorted(
    by(({ kind, valid_from, dimension = '' }) => `${kind} ${valid_from}${spaced(dimension)}`),
  ),
  ...(input.list_prices === undefined ? {} : { list_prices: input.list_prices.toSorted(by(listPriceKey)) }),
  ...(input.rates === undefined ? {} : { rates: input.rates.toSorted(by(({ from, to }) => `${from} ${to}`)) }),
  ...(input.bills === undefined ? {} : { bills: input.bills.toSorted(by(({ invoice_uuid }) => invoice_uuid)) }),
  ...(input.discounts === undefined
    ? {}
    : { discounts: input.discounts.toSorted(by(({ discount_id }) => discount_id)) }),
  ...(input.price_overrides === undefined
    ? {}
    : { price_overrides: input.price_overrides.toSorted(by(({ override_id }) => override_id)) }),
  ...(input.commitments === undefined
    ? {}
    : { commitments: input.commitments.toSorted(by(({ commitment_id }) => commitment_id)) }),
  ...(input.credits === undefined ? {} : { credits: input.credits.toSorted(by(({ credit_id }) => credit_id)) }),
  other_lines: input.other_lines.toSorted(by(({ key }) => key)),
});

/** Numbers are padded, so that their order as text is that of the bill. */
const billedKey = ({ invoice_uuid, line_no, kind, from, until, amount_cents, description }: BilledAmount): string =>
  `${invoice_uuid} ${String(line_no).padStart(9, '0')} ${kind} ${from} ${until} ${amount_cents} ${description}`;

const listPriceKey = ({ kind, dimension = '', valid_from }: ListPrice): string => `${kind} ${dimension} ${valid_from}`;

const spaced = (dimension: string): string => (dimension === '' ? '' : ` ${dimension}`);

const by =
  <Item>(keyOf: (item: Item) => string) =>
  (a: Item, b: Item): number => {
    const [left, right] = [keyOf(a), keyOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };

/**
 * The days at which a new sum of a deployment's usage must begin, as `rate` requires. For kinds in `kindsByResource` those on which
 * a list price of the kind changes are among them.
 */
export const usageCuts = (
  input: Pick<RatingInput, 'period' | 'fallback_prices' | 'price_overrides'>,
  deployment: Pick<DeploymentInput, 'subscriptions'>,
  listPriceDays: readonly string[] = [],
): string[] =>
  cutsOf(input.period, withOwnPrices(deployment.subscriptions, input.price_overrides), [
    ...input.fallback_prices.map(({ valid_from }) => valid_from),
    ...listPriceDays,
  ]);
