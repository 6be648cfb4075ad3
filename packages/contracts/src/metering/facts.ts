import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalDecimal, decimalText } from '../decimal.ts';
import { uuid } from '../ids.ts';
import { contentHash, contentHashSteps } from '../json.ts';
import { usageKind } from '../usage-kinds.ts';
import { summedText } from './fields.ts';

/** Span of a fact: a UTC day or an hour. */
export const granularity = z.enum(['daily', 'hourly']);

/** What the price of usage may depend on beside its kind, in the provider's words: a size slug such as `s-2vcpu-4gb`. */
export const dimension = z.string().min(1).max(200).meta({
  description: "What the price depends on beside the kind: the provider's size slug.",
  example: 's-2vcpu-4gb',
});

/** One line of usage: quantity = unit_seconds / divisor, exactly. */
export const usageLine = z.object({
  resource_id: uuid.nullable().describe('The resource whose usage it is; null: reported usage.'),
  kind: usageKind,
  dimension: dimension
    .optional()
    .describe(
      'The size or the like that the price of these units may depend on; absent: the kind has none, or it was not recorded.',
    ),
  unit_seconds: summedText.meta({
    description: 'Σ units × seconds in that state; for reported usage quantity × divisor.',
    example: '2592000',
  }),
  divisor: decimalText.meta({
    description:
      'Seconds of an hour or of the month; 1 for kinds without time, such as tokens. quantity = unit_seconds / divisor.',
    example: '3600',
  }),
  observations: z.array(z.int()).meta({
    description: 'The revisions of `resource.observed` that the line rests on, ascending; empty: reported usage.',
    example: [3, 4],
  }),
});

/** One line of usage. */
export type UsageLine = z.infer<typeof usageLine>;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The hash of a fact's lines: `contentHash` of the array of [resource_id, kind, unit_seconds, divisor] and, where the line has one,
 * its dimension as the fifth; ordered by resource (null last), kind and the bytes of the dimension (absent first), decimals in
 * their one spelling.
 * Metering computes the same text in SQL.
 */
export const linesHash = (
  lines: readonly Pick<UsageLine, 'resource_id' | 'kind' | 'dimension' | 'unit_seconds' | 'divisor'>[],
): string =>
  contentHash(
    lines
      .toSorted(
        (a, b) =>
          order(a.resource_id ?? '~', b.resource_id ?? '~') ||
          order(a.kind, b.kind) ||
          Buffer.compare(Buffer.from(a.dimension ?? ''), Buffer.from(b.dimension ?? '')),
      )
      .map((line) => [
        line.resource_id,
        line.kind,
        canonicalDecimal(line.unit_seconds),
        canonicalDecimal(line.divisor),
        ...(line.dimension === undefined ? [] : [line.dimension]),
      ]),
  );

/** The values of a fact that `factsHash` covers. */
export type FactIdentity = {
  deployment_id: string;
  period_start: string;
  granularity: string;
  revision: number;
  hash: string;
};

const inOrder = (facts: readonly FactIdentity[]): FactIdentity[] =>
  facts.toSorted(
    (a, b) =>
      order(a.deployment_id, b.deployment_id) ||
      order(a.period_start, b.period_start) ||
      order(a.granularity, b.granularity),
  );

/**
 * The ways of hashing a tenant's facts, by the version that a close is published with. A way never changes its result. A new way
 * is added one release before it is the one that is written, because old and new replicas run side by side during an upgrade.
 */
const factsHashes: Readonly<Record<number, (facts: readonly FactIdentity[]) => Generator<undefined, string>>> = {
  /** `contentHash` of the array of [deployment_id, period_start, granularity, revision, hash]. */
  1: (facts) =>
    contentHashSteps(
      inOrder(facts).map((fact) => [fact.deployment_id, fact.period_start, fact.granularity, fact.revision, fact.hash]),
    ),
  /** sha256 over a line for each, `deployment_id YYYY-MM-DD HH:MM:SS granularity revision hash`; an instant's own spelling costs Postgres least. */
  *2(facts) {
    const sum = createHash('sha256');
    const byDeployment = Map.groupBy(facts, ({ deployment_id }) => deployment_id);
    for (const [index, id] of [...byDeployment.keys()].toSorted(order).entries()) {
      const lines = inOrder(byDeployment.get(id) ?? []).map(
        ({ deployment_id, period_start, granularity, revision, hash }) =>
          [deployment_id, period_start.slice(0, 10), period_start.slice(11, 19), granularity, revision, hash].join(' '),
      );
      sum.update(`${index === 0 ? '' : '\n'}${lines.join('\n')}`);
      yield;
    }
    return sum.digest('hex');
  },
};

/** The version of `factsHash` that closes are published with. Metering and invoicing compute it in SQL too. */
export const factsHashVersion = 2;

/** Closes that were published before they named their version are of one of these. */
const unnamedVersions = [2, 1];

const allSteps = <Result>(steps: Generator<undefined, Result>): Result => {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

/** The hash of one tenant's facts in a period in hex, with their order irrelevant. */
export const factsHash = (facts: readonly FactIdentity[], version: number = factsHashVersion): string => {
  const hashed = factsHashes[version];
  if (hashed === undefined) throw new RangeError(`no way of hashing facts has version ${version}`);
  return allSteps(hashed(facts));
};

/**
 * Whether a tenant's facts have the hash that a close names; in steps of one deployment, since a large tenant has hundreds of
 * thousands of facts.
 * @param version of the close; null: it names none
 * @returns null if this release does not know the version
 */
export function* isFactsHashSteps(
  facts: readonly FactIdentity[],
  { hash, version }: { hash: string; version: number | null },
): Generator<undefined, boolean | null> {
  for (const each of version === null ? unnamedVersions : [version]) {
    const hashed = factsHashes[each];
    if (hashed === undefined) return null;
    if ((yield* hashed(facts)) === hash) return true;
  }
  return false;
}

/** The same at once. */
export const isFactsHash = (...given: Parameters<typeof isFactsHashSteps>): boolean | null =>
  allSteps(isFactsHashSteps(...given));

/** The hash of a whole manifest, whatever the order of its tenants. */
export const manifestHash = (tenants: readonly { tenant_id: string; facts: number; hash: string }[]): string =>
  contentHash(
    tenants.toSorted((a, b) => order(a.tenant_id, b.tenant_id)).map((each) => [each.tenant_id, each.facts, each.hash]),
  );
