import { randomUUID } from 'node:crypto';
import { headers as createHeaders } from '@nats-io/nats-core';
import type { Bus } from '../bus/nats.ts';
import type { StreamedAnswer } from '../kernel/definition.ts';
import { chunkSubjects, isInbox, ServiceFailed, ServiceUnavailable } from './request-wire.ts';

/** Small enough for a slow link, large enough that a file of megabytes takes few round trips. */
const chunkBytes = 256 * 1024;
const abandonedAfterMs = 60_000;
const chunkTimeoutMs = 15_000;

/**
 * Offers an answer's chunks at a subject of their own, which cannot be guessed: the requester fetches each chunk when it wants it, so neither side ever
 * holds more than one chunk. The offer ends after a minute without a fetch.
 * @returns the subject to fetch from
 */
export function offerChunks(
  { bus, name }: { bus: Bus; name: string },
  answer: StreamedAnswer,
  onError: (error: unknown) => string,
): string {
  const place = chunkSubjects(name).replace('*', randomUUID());
  const chunks = inChunks(answer.chunks);
  let next = 1;
  let lastSent: Uint8Array | null = null;
  const end = () => {
    subscription.unsubscribe();
    clearTimeout(timer);
    void chunks.return(undefined).catch(() => undefined);
  };
  // An offer that is not taken up, such as that of a HEAD, keeps no process from ending.
  const waiting = () => setTimeout(end, abandonedAfterMs).unref();
  let timer = waiting();
  const subscription = bus.nc.subscribe(place, {
    callback(error, message) {
      if (error !== null || message.subject !== place || !isInbox(message.reply)) return;
      clearTimeout(timer);
      timer = waiting();
      void serve(Number(message.string())).catch((error: unknown) => {
        message.respond('', { headers: headersWith('Nats-Service-Error', onError(error)) });
        end();
      });

      async function serve(wanted: number): Promise<void> {
        if (wanted === next - 1 && lastSent !== null) {
          message.respond(lastSent); // the requester did not receive it and fetches it again
          return;
        }
        if (wanted !== next) throw new Error(`received a request for chunk ${wanted}, expected ${next}`);
        next += 1;
        const step = await chunks.next();
        if (step.done === true) {
          message.respond('', { headers: headersWith('arcadia-end', String(wanted - 1)) });
          end();
        } else {
          lastSent = step.value;
          message.respond(step.value);
        }
      }
    },
  });
  return place;
}

function headersWith(name: string, value: string) {
  const head = createHeaders();
  head.set(name, value);
  return head;
}

async function* inChunks(source: StreamedAnswer['chunks']): AsyncGenerator<Uint8Array, void, undefined> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    let rest = typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
    while (size + rest.length >= chunkBytes) {
      const room = chunkBytes - size;
      yield Buffer.concat([...pending, rest.subarray(0, room)]);
      rest = rest.subarray(room);
      pending = [];
      size = 0;
    }
    if (rest.length > 0) {
      pending.push(rest);
      size += rest.length;
    }
  }
  if (size > 0) yield Buffer.concat(pending);
}

/**
 * Reads the chunks that another service offers; never ends early.
 * @throws ServiceFailed when the service fails, ServiceUnavailable when a chunk does not arrive within 2 × 15 s
 */
export async function* fetchChunks(
  bus: Bus,
  service: string,
  place: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!place.startsWith(chunkSubjects(service).replace('*', '')))
    throw new ServiceUnavailable(
      service,
      `it offers the chunks of its answer at ${place}, which is no subject for them`,
    );
  for (let wanted = 1; ; wanted += 1) {
    const reply = await bus.nc
      .request(place, String(wanted), { timeout: chunkTimeoutMs })
      .catch(async () => await bus.nc.request(place, String(wanted), { timeout: chunkTimeoutMs }))
      .catch((cause: unknown) => {
        throw new ServiceUnavailable(service, `chunk ${wanted} of its answer did not arrive`, { cause });
      });
    const failure = reply.headers?.get('Nats-Service-Error');
    if (failure) throw new ServiceFailed(service, 'a file', failure);
    if (reply.headers?.get('arcadia-end')) return;
    yield reply.data;
  }
}
