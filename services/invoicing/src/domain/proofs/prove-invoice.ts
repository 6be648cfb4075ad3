import {
  addMonths,
  canonicalJson,
  type EventData,
  type invoicing,
  metering,
  nameUuid,
  type Period,
  periodInterval,
} from '@arcadia/contracts';
import type { z } from 'zod';
import { creditOfMonth } from '../prepaid/ledger.ts';
import { AmountOutOfRange } from '../rating/fraction.ts';
import { missingBill } from '../rating/missing-bill.ts';
import { missingRates } from '../rating/missing-rates.ts';
import { passesThrough } from '../rating/passed-through.ts';
import { listPricesFor } from '../rating/provider-cost.ts';
import { type Rating, ratingSteps, usageCuts } from '../rating/rate.ts';
import type { RatedLine } from '../rating/rated-line.ts';
import { withPriceSources } from '../rating/shared-prices.ts';
import type {
  DeploymentInput,
  FallbackPrice,
  PrepaidDraw,
  PriceOverride,
  SubscriptionTerms,
  TaxPolicy,
} from '../rating/terms.ts';
import { kindsByDay, kindsByResource } from '../rating/usage-detail.ts';
import { termsOfMonth } from '../terms/terms-of-month.ts';
import { type PublishedAmounts, type PublishedCost, publishedAmounts, publishedCosts } from './published-costs.ts';
import type { PublishedFact } from './published-facts.ts';
import { publishedTerms } from './published-terms.ts';
import { type Cut, sumsOf } from './published-usage.ts';

export type PublishedTerms = EventData<typeof invoicing.subscriptionChanged>;
/** All terms that a tenant has of its own. */
export type PublishedOwnTerms = EventData<typeof invoicing.tenantTermsChanged>;
/** A prepaid credit with what invoices draw of it. */
export type PublishedCredit = EventData<typeof invoicing.prepaidCreditChanged>;
export type PublishedInvoice = z.infer<typeof invoicing.tenantInvoice>;
/** What a proof found about one tenant's month, with all differences. */
export type Proof = Omit<z.infer<typeof invoicing.invoiceProof>, 'tenant_id' | 'difference_count'>;

/** The facts that a close names for a tenant. Version: the way of their hash; null: the close names none. */
export type NamedFacts = { facts: number; hash: string; version: number | null };

/** Everything on the streams about one tenant's month, up to the publication of its invoice, if there is one. */
export type PublishedMonth = {
  period: Period;
  /** The invoice that is not void; null if there is none. */
  invoice: PublishedInvoice | null;
  /** The tenant's entry in the manifest of the close, with the way in which that hashed its facts; null if it has none. */
  manifest: NamedFacts | null;
  closeRevision: number;
  /** In the order of their publication. */
  facts: readonly PublishedFact[];
  terms: readonly PublishedTerms[];
  /** The last that were published; null if none were. */
  ownTerms: PublishedOwnTerms | null;
  /** The prepaid credits as they were published last. */
  credits: readonly PublishedCredit[];
  /** The tax as the last terms have it; null if no terms were published. */
  tax: TaxPolicy | null;
  /** The provider's prices, and the rates and bills of the period, that were published before the invoice, in the order of their publication. */
  costs: readonly PublishedCost[];
  /** What these bills charge for the tenant, published before the invoice. */
  amounts: readonly PublishedAmounts[];
};

/**
 * Derives a tenant's month from the published events alone, and lists the differences from the invoice, one sentence each. In steps, so
 * that the proof of a large tenant delays no other request.
 */
export function* proofSteps(month: PublishedMonth): Generator<undefined, Proof> {
  const { invoice, manifest } = month;
  const facts = yield* factsAtClose(month);
  const asPublished = (invoice?.lines ?? []).filter(({ kind }) => kind === 'adjustment' || kind === 'manual');
  const rated = yield* pricedSteps(rateMonth(month, facts, asPublished.map(publishedLine)));
  const rating = rated instanceof AmountOutOfRange ? null : (rated?.rating ?? null);
  const differences = [
    ...(yield* differencesOfFacts(facts, manifest, invoice)),
    ...(rated instanceof AmountOutOfRange
      ? [`No invoice can be derived from the streams. ${rated.message}`]
      : invoice === null
        ? differencesOfNone(rated)
        : yield* differencesOfInvoice(invoice, rating, asPublished)),
  ];
  return {
    invoice_id: invoice?.invoice_id ?? null,
    number: invoice?.number ?? null,
    close_revision: month.closeRevision,
    facts: facts.length,
    lines: invoice?.lines.length ?? 0,
    lines_as_said: asPublished.length,
    total_cents: invoice?.total_cents ?? null,
    derived_total_cents: rating?.total_cents ?? null,
    differences,
  };
}

function* pricedSteps<Priced>(steps: Generator<undefined, Priced>): Generator<undefined, Priced | AmountOutOfRange> {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof AmountOutOfRange) return error;
    throw error;
  }
}

/** The highest revision of each fact that the close counts. */
function* factsAtClose({ facts, closeRevision }: PublishedMonth): Generator<undefined, PublishedFact[]> {
  const counting = new Map<string, PublishedFact>();
  for (const fact of facts) {
    yield;
    if (fact.close_revision > closeRevision) continue;
    const key = `${fact.deployment_id} ${fact.period_start} ${fact.granularity}`;
    if (fact.revision >= (counting.get(key)?.revision ?? 0)) counting.set(key, fact);
  }
  return [...counting.values()];
}

function* differencesOfFacts(
  facts: readonly PublishedFact[],
  manifest: PublishedMonth['manifest'],
  invoice: PublishedInvoice | null,
): Generator<undefined, string[]> {
  const altered = facts.filter(({ isAltered }) => isAltered);
  const named = manifest ?? { facts: 0, hash: metering.factsHash([]), version: metering.factsHashVersion };
  const isNamed = yield* metering.isFactsHashSteps(facts, named);
  return [
    ...altered.map((fact) => `The usage of ${fact.deployment_id} from ${fact.period_start} does not match its hash.`),
    ...(isNamed === null
      ? [`The close hashes its facts by version ${named.version}, which this release does not know.`]
      : []),
    ...(isNamed === false || facts.length !== named.facts
      ? [`The stream holds ${facts.length} facts, which are not the ${named.facts} facts in the manifest of the close.`]
      : []),
    ...(invoice === null || (invoice.facts_hash ?? named.hash) === named.hash
      ? []
      : ['The invoice rests on other facts than the manifest of its close.']),
  ];
}

/** A month as the streams rate it, and the bill or rates for which its invoice waits by them; null: for nothing. */
type RatedByStreams = { rating: Rating; waitsFor: string | null };

/** Rates the month; null if no terms were published, because then nothing can be priced. */
function* rateMonth(
  { period, invoice, terms, ownTerms, tax, credits, costs, amounts }: PublishedMonth,
  facts: readonly PublishedFact[],
  other_lines: RatedLine[],
): Generator<undefined, RatedByStreams | null> {
  const newest = terms.at(-1);
  if (tax === null) return null;
  const after = `${addMonths(period, 1)}-01`;
  const { start, end } = periodInterval(period);
  const own = ownTerms === null ? {} : termsOfMonth(period, ownTerms);
  const { price_overrides = [] } = own;
  const fallback_prices = (newest?.fallback_prices ?? []).filter(({ valid_from }) => valid_from < after);
  const subscriptions = publishedTerms(terms).filter(
    ({ terms: { starts_at, ends_at } }) =>
      Temporal.Instant.compare(starts_at, end) < 0 &&
      (ends_at === null || Temporal.Instant.compare(ends_at, start) > 0),
  );
  const byDeployment = Map.groupBy(subscriptions, ({ deploymentId }) => deploymentId);
  const used = Map.groupBy(facts, ({ deployment_id }) => deployment_id);
  const allTerms = { subscriptions: subscriptions.map((each) => each.terms), fallback_prices, is_estimate: false };
  const known = publishedCosts(costs);
  const isBilled = passesThrough(allTerms.subscriptions);
  const billed = isBilled && known.bills.length > 0 ? publishedAmounts(amounts) : null;
  const byCost = new Set(kindsByResource(allTerms).filter((kind) => isUsed(facts, kind)));
  const detail = { byDay: new Set(kindsByDay(allTerms)), byCost };
  const priced = new Set(withPriceSources([...byCost]));
  const days = known.list_prices.filter(({ kind }) => priced.has(kind)).map(({ valid_from }) => valid_from);
  const deployments: DeploymentInput[] = [];
  for (const deployment_id of new Set([...byDeployment.keys(), ...used.keys()])) {
    const subscribed = (byDeployment.get(deployment_id) ?? []).map((each) => each.terms);
    const cuts = {
      all: cutsOf({ period, fallback_prices, price_overrides }, subscribed, { after, days: [] }),
      byCost: cutsOf({ period, fallback_prices, price_overrides }, subscribed, { after, days }),
    };
    const usage = sumsOf(used.get(deployment_id) ?? [], cuts, detail);
    const ofBill = billed === null || billed.size === 0 ? {} : { billed: billed.get(deployment_id) ?? [] };
    deployments.push({ deployment_id, subscriptions: subscribed, usage, ...ofBill });
    yield;
  }
  const currency = invoice?.currency ?? newest?.plan.currency ?? ownTerms?.currency ?? '';
  const usage = deployments.flatMap((one) => one.usage).filter(({ kind }) => byCost.has(kind));
  const costTerms =
    byCost.size === 0 && !isBilled
      ? {}
      : {
          list_prices: listPricesFor(known.list_prices, usage, period),
          rates: known.rates.filter((one) => one.to === currency && one.period === period),
        };
  const available = invoice === null ? [] : creditOfMonth(period, credits, invoice.invoice_id);
  const drawn = available.length === 0 ? {} : { credits: available };
  const bills = isBilled ? { bills: known.bills } : {};
  const held = { fallback_prices, ...own, ...drawn, ...costTerms, ...bills };
  const input = { period, currency, tax, deployments, ...held, other_lines };
  const rating = yield* ratingSteps(input);
  const missing = known.bills.length === 0 ? missingBill(input, []) : null;
  return { rating, waitsFor: missing ?? missingRates(input, rating) };
}

const isUsed = (facts: readonly PublishedFact[], kind: string): boolean =>
  facts.some(({ lines }) => lines.some((line) => line.kind === kind));

const cutsOf = (
  input: { period: Period; fallback_prices: FallbackPrice[]; price_overrides: PriceOverride[] },
  subscriptions: SubscriptionTerms[],
  { after, days }: { after: string; days: readonly string[] },
): Cut[] => {
  const cuts = usageCuts(input, { subscriptions }, days);
  return cuts.map((from, index) => ({ from, until: cuts[index + 1] ?? after }));
};

/** Adjustments and lines added by hand take part in the sums as published, in their order. */
const publishedLine = (line: PublishedInvoice['lines'][number], index: number): RatedLine => {
  const { line_id: _, ...rest } = line;
  return { ...rest, key: String(index).padStart(6, '0') };
};

/** An invoice may be missing where nothing is billed, or while it waits. */
const differencesOfNone = (rated: RatedByStreams | null): string[] =>
  rated === null || rated.rating.lines.length === 0 || rated.waitsFor !== null
    ? []
    : [`There is no invoice, but the streams give one of ${rated.rating.total_cents} minor units.`];

function* differencesOfInvoice(
  invoice: PublishedInvoice,
  rating: Rating | null,
  asPublished: readonly PublishedInvoice['lines'][number][],
): Generator<undefined, string[]> {
  const sum = invoice.lines.reduce(
    (total, { kind, amount_cents }) => (kind === 'tax' ? total : total + amount_cents),
    0,
  );
  const differences = sum === invoice.subtotal_cents ? [] : [`Its lines add up to ${sum}, not to its subtotal.`];
  if (rating === null) {
    return asPublished.length === invoice.lines.length
      ? differences
      : [...differences, 'The streams hold no terms to price its lines by.'];
  }
  if (rating.rating_version !== invoice.rating_version)
    return [
      ...differences,
      `It was priced by rules ${invoice.rating_version}; these are rules ${rating.rating_version}.`,
    ];
  let other = 0;
  const derived = rating.lines.map(({ key, ...line }) => {
    const isAsPublished = line.kind === 'adjustment' || line.kind === 'manual';
    const published = isAsPublished ? asPublished[other++] : undefined;
    return { ...line, line_id: published?.line_id ?? nameUuid('invoice-line', invoice.invoice_id, key) };
  });
  const lines = Math.max(derived.length, invoice.lines.length);
  for (let index = 0; index < lines; index += 1) {
    const [mine, theirs] = [derived[index], invoice.lines[index]];
    if (canonicalJson(mine ?? null) !== canonicalJson(theirs ?? null))
      differences.push(`Line ${index + 1} is ${shown(theirs)}; the streams give ${shown(mine)}.`);
    yield;
  }
  for (const name of ['subtotal_cents', 'tax_cents', 'total_cents'] as const)
    if (rating[name] !== invoice[name])
      differences.push(`Its ${name} is ${invoice[name]}; the streams give ${rating[name]}.`);
  const byCredit = (a: PrepaidDraw, b: PrepaidDraw): number => (a.credit_id < b.credit_id ? -1 : 1);
  const draws = canonicalJson((rating.prepaid ?? []).toSorted(byCredit));
  if (draws !== canonicalJson((invoice.prepaid ?? []).toSorted(byCredit)))
    differences.push(`It draws ${canonicalJson(invoice.prepaid ?? [])} of prepaid credit; the streams give ${draws}.`);
  return differences;
}

const shown = (line: Pick<RatedLine, 'description' | 'qty' | 'amount_cents'> | undefined): string =>
  line === undefined ? 'none' : `"${line.description}", ${line.qty}, for ${line.amount_cents}`;
