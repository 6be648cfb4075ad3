import { type EventData, metering } from '@arcadia/contracts';

type Published = EventData<typeof metering.usageAccrued>;
type Usage = Pick<Published['lines'][number], 'resource_id' | 'kind' | 'dimension' | 'divisor' | 'unit_seconds'>;

/** A published fact as a proof keeps it: without its evidence, of which a large tenant has too much for the memory. */
export type PublishedFact = Pick<
  Published,
  'deployment_id' | 'period_start' | 'period_end' | 'granularity' | 'revision' | 'close_revision' | 'hash'
> & {
  /** Whether its lines do not match its hash. */
  isAltered: boolean;
  lines: Usage[];
};

/** Collects the facts of one tenant's month. Texts that recur, such as ids, hashes and quantities, are kept once. */
export const collectFacts = (): { add(data: Published): void; facts: readonly PublishedFact[] } => {
  const texts = new Map<string, string>();
  const once = (text: string): string => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
  const facts: PublishedFact[] = [];
  return {
    facts,
    add({ deployment_id, period_start, period_end, granularity, revision, close_revision, hash, lines }) {
      facts.push({
        deployment_id: once(deployment_id),
        period_start: once(period_start),
        period_end: once(period_end),
        granularity,
        revision,
        close_revision,
        hash: once(hash),
        isAltered: hash !== metering.linesHash(lines),
        lines: lines.map(({ resource_id, kind, dimension, divisor, unit_seconds }) => ({
          resource_id: resource_id === null ? null : once(resource_id),
          kind: once(kind),
          ...(dimension === undefined ? {} : { dimension: once(dimension) }),
          divisor: once(divisor),
          unit_seconds: once(unit_seconds),
        })),
      });
    },
  };
};
