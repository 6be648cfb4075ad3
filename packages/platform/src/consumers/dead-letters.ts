import { requeueJobRequest, type ServiceName, serviceActor } from '@arcadia/contracts';
import type { StoredMsg } from '@nats-io/jetstream';
import { type Kysely, sql } from 'kysely';
import { jobMessage } from '../bus/job-message.ts';
import type { Bus } from '../bus/nats.ts';
import { publishInOrder } from '../bus/publish.ts';
import { sendRequest } from '../requests/request.ts';
import { deadStream, longestDetail } from './dead-letter.ts';
import { deadLetter, type OpenLetters, type StoredDeadLetter } from './letter.ts';

/** Lists open dead letters, newest first, at most `limit` (100); requeued and dismissed ones are not included. */
export async function listDeadLetters(
  bus: Bus,
  options: { service?: string; limit?: number } = {},
): Promise<StoredDeadLetter[]> {
  const { state } = await bus.jsm.streams.info(deadStream);
  const letters = new Map<string, StoredDeadLetter>();
  for (let seq = state.last_seq; seq >= Math.max(1, state.first_seq); seq -= 1) {
    if (letters.size >= (options.limit ?? 100)) break;
    const message = await bus.jsm.streams.getMessage(deadStream, { seq });
    if (message === null) continue;
    const letter = read(message);
    if (options.service === undefined || letter.service === options.service) {
      letters.set(message.header.get('ce-id') || String(seq), letter);
    }
  }
  return [...letters.values()];
}

/** Open dead letters with greater numbers than `after`, of one service or of all, oldest first. */
export async function lettersAfter(
  bus: Bus,
  { service, after, limit }: { service?: string | undefined; after: number; limit: number },
): Promise<StoredDeadLetter[]> {
  const letters: StoredDeadLetter[] = [];
  let from = after + 1;
  while (letters.length < limit) {
    // The server knows `next_by_subj` here too; the type of the client names it for direct reads only.
    const query = { next_by_subj: service === undefined ? 'dead.>' : `dead.${service}.>`, seq: from };
    const message = await bus.jsm.streams.getMessage(deadStream, query as { seq: number });
    if (message === null) break;
    letters.push(read(message));
    from = message.seq + 1;
  }
  return letters;
}

/** How many dead letters there are, of one service or of all. */
export async function countLetters(bus: Bus, service: string | undefined): Promise<number> {
  const filter = service === undefined ? 'dead.>' : `dead.${service}.>`;
  const { state } = await bus.jsm.streams.info(deadStream, { subjects_filter: filter });
  return Object.values(state.subjects ?? {}).reduce((sum, letters) => sum + letters, 0);
}

/**
 * How many messages a consumer has parked that no operator has requeued or dismissed: the letters on the stream, and those on their way.
 * Some are counted twice for a moment, none is left out.
 */
export async function openLetters<DB>(
  { db, bus, name }: { db: Kysely<DB>; bus: Bus; name: ServiceName },
  { stream, subjects, consumer }: { stream: string; subjects: readonly string[]; consumer: string },
): Promise<OpenLetters> {
  const subject = `dead.${name}.${consumer}`;
  // In this order: a letter is on its stream before its pointer is deleted, and a requeued message on its own before the letter is.
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) AS count FROM outbox o JOIN events e USING (number, recorded_at) WHERE e.subject = ${subject}`.execute(
    db,
  );
  const { state } = await bus.jsm.streams.info(deadStream, { subjects_filter: subject });
  const last = await Promise.all(
    subjects.map((filter) => bus.jsm.streams.getMessage(stream, { last_by_subj: filter })),
  );
  return {
    open: Number(rows[0]?.count ?? 0) + (state.subjects?.[subject] ?? 0),
    requeuedThrough: Math.max(0, ...last.map((message) => message?.seq ?? 0)),
  };
}

/** One dead letter with the message it holds; null if the number does not exist. */
export async function showDeadLetter(bus: Bus, number: number): Promise<StoredDeadLetter | null> {
  const message = await bus.jsm.streams.getMessage(deadStream, { seq: number });
  return message === null ? null : read(message);
}

/**
 * A message that is no dead letter, such as a reply of nats-server that was directed here, is shown as one that cannot be read; so is a
 * letter about another service than its subject names, because all services publish to the stream, each on subjects of its own.
 */
function read(message: StoredMsg): StoredDeadLetter {
  const { seq: number, subject } = message;
  const text = message.string();
  const { data: letter } = deadLetter.safeParse(jsonIn(text));
  if (letter !== undefined && subject === `dead.${letter.service}.${letter.consumer}`) return { ...letter, number };
  const [, service = '', consumer = ''] = subject.split('.');
  const origin = { stream: deadStream, seq: number, subject, headers: {}, payload: text };
  const parked_at = message.time.toISOString();
  const detail = text.slice(0, longestDetail);
  return { service, consumer, fault: 'unreadable', detail, attempts: 0, parked_at, origin, number };
}

/** The JSON in a text; null for a text that is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Requeues a dead letter: an event is published again, for the failed consumer only; a job gets another attempt. The dead
 * letter is removed; another failure makes a new one.
 * @throws when the number does not exist, or its message or job can no longer be found
 */
export async function requeueDeadLetter(bus: Bus, number: number): Promise<StoredDeadLetter> {
  const letter = await showDeadLetter(bus, number);
  if (letter === null) throw new Error(`there is no dead letter ${number}`);
  if (letter.origin.stream === deadStream)
    throw new Error(`dead letter ${number} cannot be read and has nothing to requeue; dismiss it`);
  if (letter.origin.stream === 'JOBS') await requeueJob(bus, letter);
  else await republish(bus, letter);
  await dismissDeadLetter(bus, number);
  return letter;
}

/** Removes a dead letter that needs no further handling. */
export async function dismissDeadLetter(bus: Bus, number: number): Promise<void> {
  await bus.jsm.streams.deleteMessage(deadStream, number);
}

/** The message of a dead letter is no longer on its stream. */
export class MessageGone extends Error {
  override name = 'MessageGone';
}

/**
 * Publishes the message of a dead letter again, for the consumer that failed; once for each letter. It is read where its owner has
 * published it: a letter may be forged by the service that wrote it, and the operator may publish anything.
 * @throws MessageGone when its stream no longer holds it
 */
async function republish(bus: Bus, { origin, service, consumer, number }: StoredDeadLetter): Promise<void> {
  const at = { stream: origin.stream, seq: origin.seq, message_id: origin.headers['Nats-Msg-Id'] ?? '' };
  await republishFrom(bus, at, { consumer: `${service}/${consumer}`, letter: number });
}

type Published = { stream: string; subject: string; payload: string; headers: Record<string, string> };

async function publishFor(
  bus: Bus,
  message: Published,
  { consumer, letter }: { consumer: string; letter: number },
): Promise<void> {
  const { 'Nats-Msg-Id': id, ...headers } = Object.fromEntries(
    Object.entries(message.headers).filter(([name]) => name === 'Nats-Msg-Id' || !name.startsWith('Nats-')),
  );
  await publishInOrder(bus, message.stream, [
    {
      subject: message.subject,
      payload: message.payload,
      // A new message id, or the server would drop it as a duplicate; the event's own id stays.
      headers: { ...headers, 'Nats-Msg-Id': `${id ?? ''}:requeued:${letter}`, 'arcadia-only-for': consumer },
    },
  ]);
}

/**
 * Publishes a message of a stream of this service again, for one consumer; once for each letter.
 * @throws MessageGone when the stream no longer holds it
 */
export async function republishFrom(
  bus: Bus,
  at: { stream: string; seq: number; message_id: string },
  to: { consumer: string; letter: number },
): Promise<void> {
  const message = await bus.jsm.streams.getMessage(at.stream, { seq: at.seq });
  if (message === null || message.header.get('Nats-Msg-Id') !== at.message_id)
    throw new MessageGone(`the message ${at.message_id} is no longer at ${at.stream}:${at.seq}`);
  const headers = Object.fromEntries([...message.header].map(([name, values]) => [name, values.at(-1) ?? '']));
  await publishFor(bus, { stream: at.stream, subject: message.subject, payload: message.string(), headers }, to);
}

async function requeueJob(bus: Bus, letter: StoredDeadLetter): Promise<void> {
  const message = jobMessage.parse(JSON.parse(letter.origin.payload ?? 'null'));
  const service = letter.service as ServiceName;
  const key = message.key ?? '';
  const answer = await sendRequest(
    bus,
    requeueJobRequest(service),
    { job: message.name, key, cause: message.cause },
    { actor: serviceActor('dead-letters') },
  );
  if ('refused' in answer)
    throw new Error(`job ${message.name} ${key} at ${message.cause} is not parked at ${service}`);
}
