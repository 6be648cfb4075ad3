import { defineRequest, type ServiceName, serviceActor } from '@arcadia/contracts';
import type { StoredMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import { jobMessage } from '../bus/job-message.ts';
import type { Bus } from '../bus/nats.ts';
import { publishInOrder } from '../bus/publish.ts';
import { sendRequest } from '../requests/request.ts';
import { type DeadLetter, deadStream } from './dead-letter.ts';

export type StoredDeadLetter = DeadLetter & {
  /** The number by which operators refer to it: its sequence on the stream `DEAD`. */
  number: number;
};

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

/** One dead letter with the message it holds; null if the number does not exist. */
export async function showDeadLetter(bus: Bus, number: number): Promise<StoredDeadLetter | null> {
  const message = await bus.jsm.streams.getMessage(deadStream, { seq: number });
  return message === null ? null : read(message);
}

/** A message that is no dead letter, such as a reply of nats-server that was directed here, is shown as one that cannot be read. */
function read(message: StoredMsg): StoredDeadLetter {
  const text = message.string();
  try {
    const letter = JSON.parse(text) as Partial<DeadLetter> | null;
    if (letter?.origin !== undefined && letter.parked_at !== undefined)
      return { ...(letter as DeadLetter), number: message.seq };
  } catch {
    // shown as it is
  }
  const [, service = '', consumer = ''] = message.subject.split('.');
  const origin = { stream: deadStream, seq: message.seq, subject: message.subject, headers: {}, payload: text };
  const parked_at = message.time.toISOString();
  return { service, consumer, fault: 'unreadable', detail: text, attempts: 0, parked_at, origin, number: message.seq };
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
  else await requeueEvent(bus, letter);
  await dismissDeadLetter(bus, number);
  return letter;
}

/** Removes a dead letter that needs no further handling. */
export async function dismissDeadLetter(bus: Bus, number: number): Promise<void> {
  await bus.jsm.streams.deleteMessage(deadStream, number);
}

async function requeueEvent(bus: Bus, letter: StoredDeadLetter): Promise<void> {
  const { origin } = letter;
  const payload = origin.payload ?? (await payloadAt(bus, letter));
  const { 'Nats-Msg-Id': id, ...headers } = Object.fromEntries(
    Object.entries(origin.headers).filter(([name]) => name === 'Nats-Msg-Id' || !name.startsWith('Nats-')),
  );
  await publishInOrder(bus, origin.stream, [
    {
      subject: origin.subject,
      payload,
      // A new message id, or the server would drop it as a duplicate; the event's own id stays.
      headers: {
        ...headers,
        'Nats-Msg-Id': `${id ?? ''}:requeued:${letter.number}`,
        'arcadia-only-for': `${letter.service}/${letter.consumer}`,
      },
    },
  ]);
}

async function payloadAt(bus: Bus, letter: StoredDeadLetter): Promise<string> {
  const { stream, seq, headers } = letter.origin;
  const message = await bus.jsm.streams.getMessage(stream, { seq });
  if (message === null || message.header.get('Nats-Msg-Id') !== (headers['Nats-Msg-Id'] ?? '')) {
    throw new Error(`the message of dead letter ${letter.number} is no longer at ${stream}:${seq}`);
  }
  return message.string();
}

/** The request, answered by every service with a database, that gives a parked job another attempt. */
export const requeueJobRequest = (service: ServiceName) =>
  defineRequest({
    name: 'jobs.requeue',
    service,
    summary: 'Give a parked job another attempt.',
    effect: 'command',
    roles: ['platform_admin'],
    input: z.object({ job: z.string(), key: z.string(), cause: z.string() }),
    output: z.object({ attempt: z.int() }),
    refusals: ['not-found'],
  });

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
