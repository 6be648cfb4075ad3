import { createHmac, type Hmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Actor, actor as actorSchema, type ServiceName, sentRequests } from '@arcadia/contracts';
import { type ActorKeys, sharedKeys } from './actor-keys.ts';
import { requestSubject } from './request-wire.ts';
import { createSeen } from './seen.ts';

/** What a request carries beside its body. */
export type RequestHead = {
  actor: Actor;
  /** How many milliseconds the requester still waits; a duration, because the clocks of two machines differ. */
  timeLeftMs: number;
  idempotencyKey: string | null;
  ifMatch: string | null;
  traceparent: string | null;
  requestId: string | null;
};

/** Signs the requests that a process sends and verifies those that it answers. */
export type RequestSigner = {
  /** The header of a request: its head, signed together with subject and body. */
  sign(head: RequestHead, request: { subject: string; body: string }): string;
  /** The head of a request; `fault`, a predicate for its sender, when the header does not prove it. With `isOnce`, a second time too. */
  verify(
    header: string,
    request: { subject: string; body: Uint8Array; isOnce: boolean },
  ): RequestHead | { fault: string };
};

/** How long a request holds, in milliseconds, in both directions: the clock of an operator's machine may differ by as much. */
const validMs = 60_000;
const readAtMost = 10_000;

const cutInto = 10;

/**
 * Signs requests with HMAC-SHA256 under a key that only the sender and the answering service can derive (X25519). The signature
 * covers the whole request: subject, head and body. It serves once and for a minute.
 */
export function signedRequests(keys: ActorKeys, now: () => number = Date.now): RequestSigner {
  const shared = sharedKeys(keys);
  const actors = actorTexts();
  const seen = createSeen(2 * validMs, now);
  return {
    sign(head, { subject, body }) {
      const [, receiver = ''] = subject.split('.');
      const content = contentOf(head, { by: keys.name, at: now(), actor: actors.write(head.actor) });
      // Two only while the receiver's key is replaced: the sender cannot know which of the two it has.
      const covered = `${subject}\n${content}\n${body}`;
      const signatures = shared.toSend(receiver).map((key) => macOf(key, covered).digest('base64url'));
      return `${signatures.join('~')}.${content}`;
    },
    verify(header, { subject, body, isOnce }) {
      const read = partsOf(header, actors);
      if (read === null) return { fault: 'has no signed actor' };
      const { head, by, at, signatures, content, nonce } = read;
      if (!maySend(by, subject)) return { fault: `is signed by ${by}, which does not send such requests` };
      const given = signatures.split('~', 2).map((text) => Buffer.from(text, 'base64url'));
      const covered = Buffer.concat([Buffer.from(`${subject}\n${content}\n`), body]);
      const isGenuine = shared.toAnswer(by).some((key) => {
        const expected = macOf(key, covered).digest();
        return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
      });
      if (!isGenuine) return { fault: `has a signature that is not one of ${by} for this actor, subject and body` };
      const agoMs = now() - at;
      if (!(Math.abs(agoMs) <= validMs))
        return {
          fault: `was signed ${Math.round(agoMs / 1000)} s ago by the clock of the service; at most 60 are allowed`,
        };
      // The text of a signature can be written in several ways, what it covers cannot.
      if (isOnce && !seen.isNew(`${by}.${nonce}`)) return { fault: 'was received before' };
      return head;
    },
  };
}

/** Requests without signatures, for a NATS server without logins, which protects nothing. */
export function unsignedRequests(): RequestSigner {
  const actors = actorTexts();
  return {
    sign: (head) => `.${contentOf(head, { by: '', at: 0, actor: actors.write(head.actor) })}`,
    verify: (header) => partsOf(header, actors)?.head ?? { fault: 'has no actor' },
  };
}

/** All of it at once: each further `update` takes as long as the hash of a small request. */
const macOf = (key: KeyObject, covered: string | Uint8Array): Hmac => createHmac('sha256', key).update(covered);

/** Makes every request of a process unlike every other one. */
let count = 0;
const processId = randomBytes(9).toString('base64url');

/** One header: several cost more than the signature. None of its parts contains a dot. */
const contentOf = (head: RequestHead, { by, at, actor }: { by: string; at: number; actor: string }): string => {
  count += 1;
  const { timeLeftMs, idempotencyKey, ifMatch, traceparent, requestId } = head;
  const options = `${encoded(idempotencyKey)}.${encoded(ifMatch)}.${traceparent ?? ''}.${requestId ?? ''}`;
  return `${processId}${count.toString(36)}.${at}.${by}.${timeLeftMs}.${actor}.${options}`;
};

const encoded = (text: string | null): string => (text === null ? '' : Buffer.from(text, 'utf8').toString('base64url'));
const decoded = (text: string): string | null => (text === '' ? null : Buffer.from(text, 'base64url').toString('utf8'));

type Parts = { head: RequestHead; by: string; at: number; signatures: string; content: string; nonce: string };

/** The parts of a header; null when it is none. */
const partsOf = (header: string, actors: ReturnType<typeof actorTexts>): Parts | null => {
  const parts = header.split('.', cutInto + 1);
  if (parts.length !== cutInto) return null;
  const [
    signatures = '',
    nonce = '',
    at,
    by = '',
    timeLeft,
    actorText = '',
    key = '',
    ifMatch = '',
    traceparent,
    requestId,
  ] = parts;
  const actor = actors.read(actorText);
  if (actor === null) return null;
  const head = {
    actor,
    timeLeftMs: Number(timeLeft),
    idempotencyKey: decoded(key),
    ifMatch: decoded(ifMatch),
    traceparent: traceparent || null,
    requestId: requestId || null,
  };
  return { head, by, at: Number(at), signatures, content: header.slice(signatures.length + 1), nonce };
};

const subjectsSentBy = new Map<string, ReadonlySet<string>>(
  Object.entries(sentRequests).map(([service, sent]) => [
    service,
    new Set(sent.map((request) => requestSubject(request.service, request.name))),
  ]),
);

/** A service's key proves an actor only for the requests that the service sends; the operator's key for all. */
const maySend = (by: string, subject: string): boolean =>
  by === 'operator' || subjectsSentBy.get(by as ServiceName)?.has(subject) === true;

/** Actors as text and back; the same few send most requests, so both are remembered. */
const actorTexts = () => {
  const written = new WeakMap<Actor, string>();
  const known = new Map<string, Actor>();
  return {
    write(actor: Actor): string {
      const text = written.get(actor) ?? Buffer.from(JSON.stringify(actor)).toString('base64url');
      written.set(actor, text);
      return text;
    },
    /** Null for a text that is no actor. */
    read(text: string): Actor | null {
      const found = known.get(text);
      if (found !== undefined) return found;
      const actor = actorIn(text);
      if (actor === null) return null;
      if (known.size >= readAtMost) known.delete(known.keys().next().value ?? '');
      known.set(text, actor);
      return actor;
    },
  };
};

const actorIn = (text: string): Actor | null => {
  try {
    return actorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
};
