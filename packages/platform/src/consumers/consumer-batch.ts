import type { EventContract } from '@arcadia/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { sql, type Transaction } from 'kysely';
import type { LoggedEvent } from '../bus/message.ts';
import type { Consumer, Received } from '../kernel/definition.ts';
import { failpoint } from '../kernel/failpoints.ts';
import { isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import { appendEvents } from '../outbox/outbox.ts';
import { bufferEvents, type EventBuffer, withinTransaction } from '../outbox/transaction.ts';
import { steady, unawaited } from '../postgres/session-client.ts';
import type { Runtime } from '../runtime.ts';
import { deadLetterOf, describeError } from './dead-letter.ts';
import { forgetParts, keepPart } from './parts.ts';
import { contractOf, type Delivery, MessageFault, parseReceived } from './received-event.ts';

export type BatchOutcome = {
  /** Handled or parked: not delivered again. */
  done: JsMsg[];
  /** Failed by themselves, to be retried. */
  failed: { message: JsMsg; error: unknown }[];
  parked: number;
  published: boolean;
};

export type BatchWork<DB, Config> = {
  runtime: Runtime<DB, Config>;
  consumer: Consumer<DB, Config>;
  contracts: ReadonlyMap<string, EventContract>;
  /** How often this message has failed by itself so far. */
  failuresOf: (message: JsMsg) => number;
};

const defaultAttempts = 5;

/**
 * Handles a batch in one transaction. If that fails because of a message, every message is handled by itself under a
 * savepoint, so that one poison message never blocks the others.
 * @throws infrastructure errors, such as a lost database connection; then nothing has happened
 */
export async function handleBatch<DB, Config>(
  work: BatchWork<DB, Config>,
  incoming: Delivery[],
): Promise<BatchOutcome> {
  const messages = incoming.map(({ message }) => message);
  try {
    return await inTransaction(work, async (trx, events) => {
      await handleTogether(work, trx, events, incoming);
      await notePosition(work, trx, messages);
      return { done: messages, failed: [], parked: 0 };
    });
  } catch (error) {
    if (isInfrastructureError(error)) throw error;
    if (messages.length > 1) {
      work.runtime.ctx.log.warn(
        { err: error, consumer: work.consumer.name, size: messages.length },
        'a batch failed; handling its messages one by one',
      );
    }
  }
  return await inTransaction(work, async (trx, events) => await handleEachAlone(work, trx, events, incoming));
}

async function inTransaction<DB, Config>(
  { runtime }: BatchWork<DB, Config>,
  run: (trx: Transaction<DB>, events: EventBuffer<DB>) => Promise<Omit<BatchOutcome, 'published'>>,
): Promise<BatchOutcome> {
  const once = async (trx: Transaction<DB>): Promise<BatchOutcome> => {
    const events = bufferEvents(trx, runtime.publisher);
    const result = await run(trx, events);
    const published = await events.write();
    await failpoint('consumer.before-commit');
    return { ...result, published: published || result.parked > 0 };
  };
  const outcome = await withinTransaction(() => runtime.db.transaction().execute(once));
  if (outcome.published) runtime.publisher.wake();
  return outcome;
}

async function handleTogether<DB, Config>(
  work: BatchWork<DB, Config>,
  trx: Transaction<DB>,
  events: EventBuffer<DB>,
  incoming: Delivery[],
): Promise<void> {
  const received = new Map<string, Received>();
  const assembled: string[] = [];
  for (const one of incoming) {
    const whole = await wholeOf(work, trx, one);
    if (whole === null) continue;
    if (one.part !== null) assembled.push(one.id);
    // A set-based upsert fails on the same event twice in one batch, so duplicates are dropped here.
    received.set(whole.id, whole);
  }
  const fresh = work.consumer.dedupe === 'inbox' ? await unseen(work, trx, received) : [...received.values()];
  if (fresh.length > 0) await work.consumer.handle(fresh, events.tx, work.runtime.ctx);
  for (const id of assembled) await forgetParts(trx, work.consumer.name, id);
}

async function wholeOf<DB, Config>(
  { runtime, consumer, contracts }: BatchWork<DB, Config>,
  trx: Transaction<DB>,
  incoming: Delivery,
): Promise<Received | null> {
  const onlyFor = incoming.headers['arcadia-only-for'] ?? '';
  if (onlyFor !== '' && onlyFor !== `${runtime.name}/${consumer.name}`) return null;
  if (incoming.content instanceof Error) throw incoming.content;
  if (incoming.content !== null) return incoming.content;
  const contract = contractOf(incoming, contracts);
  const payload = await keepPart(trx, consumer.name, incoming, contract);
  return payload === null ? null : parseReceived(incoming, contract, payload);
}

/** Records the events in the inbox, in this transaction, and returns those that were not there before. */
async function unseen<DB, Config>(
  { consumer }: BatchWork<DB, Config>,
  trx: Transaction<DB>,
  received: Map<string, Received>,
): Promise<Received[]> {
  const ids = [...received.keys()].sort();
  const inserted = await sql<{ event_id: string }>`
    INSERT INTO inbox (consumer, event_id) SELECT ${consumer.name}, id FROM unnest(${ids}::uuid[]) AS t(id)
    ON CONFLICT DO NOTHING RETURNING event_id`.execute(trx);
  const fresh = new Set(inserted.rows.map((row) => row.event_id));
  return [...received.values()].filter((event) => fresh.has(event.id));
}

async function handleEachAlone<DB, Config>(
  work: BatchWork<DB, Config>,
  trx: Transaction<DB>,
  events: EventBuffer<DB>,
  incoming: Delivery[],
): Promise<Omit<BatchOutcome, 'published'>> {
  const outcome = { done: [] as JsMsg[], failed: [] as BatchOutcome['failed'], parked: 0 };
  const letters: LoggedEvent[] = [];
  for (const one of incoming) {
    const mark = events.mark();
    await sql`SAVEPOINT alone${unawaited}`.execute(trx);
    try {
      await handleTogether(work, trx, events, [one]);
      // A deferred constraint would otherwise fail at the commit, together with the other messages.
      await sql`SET CONSTRAINTS ALL IMMEDIATE`.execute(trx);
      await sql`RELEASE SAVEPOINT alone`.execute(trx);
      outcome.done.push(one.message);
    } catch (error) {
      if (isInfrastructureError(error)) throw error;
      await sql`ROLLBACK TO SAVEPOINT alone`.execute(trx);
      events.forgetAfter(mark);
      if (!isHopeless(work, one.message, error)) outcome.failed.push({ message: one.message, error });
      else {
        const letter = letterFor(work, one.message, error);
        if (await isLogged(trx, letter)) {
          const { name } = work.consumer;
          work.runtime.ctx.log.info(
            { consumer: name, seq: one.message.seq },
            'a message that was parked before is passed over',
          );
        } else {
          reportParked(work, one.message, error);
          letters.push(letter);
        }
        outcome.done.push(one.message);
      }
    }
  }
  await notePosition(work, trx, outcome.done);
  await appendEvents(trx, letters);
  outcome.parked = letters.length;
  return outcome;
}

/** An unreadable message is parked at once, and a failing one after its last attempt; any other is retried. */
const isHopeless = <DB, Config>(
  { consumer, failuresOf }: BatchWork<DB, Config>,
  message: JsMsg,
  error: unknown,
): boolean => error instanceof MessageFault || failuresOf(message) + 1 >= (consumer.maxAttempts ?? defaultAttempts);

const faultOf = (error: unknown): string => (error instanceof MessageFault ? error.fault : 'handler-failed');

const letterFor = <DB, Config>(
  { runtime, consumer, failuresOf }: BatchWork<DB, Config>,
  message: JsMsg,
  error: unknown,
): LoggedEvent =>
  deadLetterOf(message, {
    service: runtime.name,
    consumer: consumer.name,
    fault: faultOf(error),
    detail: describeError(error),
    attempts: failuresOf(message) + 1,
    now: runtime.ctx.clock.now(),
  });

/**
 * True for the letter of a message that this consumer has parked before: one that began again gets it again, and what an operator has
 * dismissed must not come back. A requeued message is another one.
 */
async function isLogged<DB>(trx: Transaction<DB>, { id }: LoggedEvent): Promise<boolean> {
  const found = await sql`SELECT 1 FROM events WHERE id = ${id}::uuid LIMIT 1`.execute(trx);
  return found.rows.length > 0;
}

function reportParked<DB, Config>({ runtime, consumer }: BatchWork<DB, Config>, message: JsMsg, error: unknown): void {
  const fault = faultOf(error);
  const origin = { stream: message.info.stream, seq: message.seq, subject: message.subject };
  runtime.ctx.log.error(
    { err: error, consumer: consumer.name, fault, ...origin },
    'a message was parked as a dead letter',
  );
  runtime.metrics.count('arcadia_parked_total', { consumer: consumer.name, fault });
}

/** Records the furthest message handled, so that the watchdog can recognise a stream that was rolled back. */
async function notePosition<DB, Config>(
  work: BatchWork<DB, Config>,
  trx: Transaction<DB>,
  done: JsMsg[],
): Promise<void> {
  const furthest = done.reduce<JsMsg | null>((far, each) => (far === null || each.seq > far.seq ? each : far), null);
  if (furthest === null) return;
  const { stream } = furthest.info;
  const id = furthest.headers?.get('Nats-Msg-Id') ?? '';
  await sql`${steady}
    INSERT INTO heard AS h (consumer, stream, seq, event_id) VALUES (${work.consumer.name}, ${stream}, ${furthest.seq}, ${id})
    ON CONFLICT (consumer) DO UPDATE SET stream = excluded.stream, seq = excluded.seq, event_id = excluded.event_id,
      at = clock_timestamp() WHERE excluded.seq > h.seq OR excluded.stream <> h.stream${unawaited}`.execute(trx);
}
