import type { ServiceName } from '@arcadia/contracts';
import { continuesHeader, eventHead, logHeader, logPlaceText, messageId } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import { type BatchId, beginBatch, type Prepared, prepare, publishPrepared } from '../bus/publish.ts';
import { headerText } from '../bus/written-headers.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { SpanOptions, Tracing } from '../kernel/tracing.ts';
import type { OutboxRead, OutboxRow, Published } from './outbox-session.ts';

/** Where messages are published to, and what records it. */
type Through = { bus: Bus; metrics: Metrics; tracing: Tracing };

/** Streams whose messages are published before those of the same transactions on other streams. */
const firstStreams: ReadonlySet<string> = new Set(['JOBS', 'AUDIT']);

/** What was read of the outbox, as the messages of each stream. */
export type Batch = Pick<OutboxRead, 'rows' | 'isEverything'> & { groups: readonly Group[] };
type Group = { stream: string; rows: readonly OutboxRow[]; messages: readonly Prepared[]; begun: BatchId | null };

/**
 * Prepares messages as soon as they are read, which is while the server stores the batch before, and sends them to it (`ahead`) but
 * for the last of each stream, without which it stores none.
 */
export function prepareBatch(
  { rows, isEverything, continuing }: OutboxRead,
  { service, bus }: { service: ServiceName; bus: Bus },
  { ahead }: { ahead: boolean },
): Batch {
  const groups = [...Map.groupBy(rows, (row) => row.stream)].map(([stream, own]) => {
    // The server refuses a batch that holds one id twice; both are the same message.
    const once = new Map<string, OutboxRow>();
    for (const row of own) once.set(messageId(row), row);
    const messages = [...once.values()].map((row) => {
      const { subject, payload } = row;
      return prepare({ subject, payload, head: headOf(row, service, continuing.has(row.number)) }, stream);
    });
    return { stream, rows: own, messages, begun: ahead ? beginBatch(bus, messages) : null };
  });
  return { rows, isEverything, groups };
}

/**
 * Publishes to several streams at once; within one stream the order holds. Jobs and audited commands go first: if the database loses
 * the transaction before the rest is out, it is lost whole for this service, and nothing waits for a job that was never enqueued.
 */
export async function publishBatch(
  { groups }: Batch,
  through: Through,
): Promise<{ done: Published[]; failure: unknown }> {
  const isFirst = ({ stream }: Group): boolean => firstStreams.has(stream);
  const publish = (some: readonly Group[]) => Promise.allSettled(some.map((group) => publishGroup(group, through)));
  const outcomes = [
    ...(await publish(groups.filter(isFirst))),
    ...(await publish(groups.filter((group) => !isFirst(group)))),
  ];
  const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  return { done, failure: failed === undefined ? null : failed.reason };
}

async function publishGroup({ stream, rows, messages, begun }: Group, through: Through): Promise<Published> {
  const startedMs = Date.now();
  const result = await publishPrepared(through.bus, stream, messages, begun);
  for (const { type, subject, headers } of rows) {
    const parent = headers?.['traceparent'];
    if (parent !== undefined)
      through.tracing.ended(`publish ${type}`, publishedSpan(stream, subject, parent), startedMs);
  }
  through.metrics.count('arcadia_published_total', { stream }, result.stored);
  if (result.duplicates > 0) through.metrics.count('arcadia_published_duplicates_total', { stream }, result.duplicates);
  return { stream, rows, result };
}

const headOf = (row: OutboxRow, service: ServiceName, continues: boolean): string =>
  eventHead(row, service) +
  headerText({ [logHeader]: logPlaceText(row) }) +
  (continues ? headerText({ [continuesHeader]: 'yes' }) : '');

const publishedSpan = (stream: string, subject: string, parent: string): SpanOptions => ({
  ...{ kind: 'producer', parent },
  attributes: { 'messaging.system': 'nats', 'messaging.destination.name': subject, 'arcadia.stream': stream },
});
