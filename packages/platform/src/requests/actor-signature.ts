import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Actor, actor as actorSchema, type ServiceName, sentRequests } from '@arcadia/contracts';
import { z } from 'zod';
import { requestSubject } from './request-wire.ts';

/** Writes the actor of a request into its header, and reads it at the service that answers. */
export type ActorHeader = {
  write(actor: Actor, subject: string): string;
  /** Null when the header does not prove who the actor of a request on this subject is. */
  read(text: string, subject: string): Actor | null;
};

/** The keys of one process: its own, and those of the services and persons whose signatures it believes; several while one is replaced. */
export type ActorKeys = { name: string; own: KeyObject; trusted: ReadonlyMap<string, readonly KeyObject[]> };

/** A signature holds for so long, and is made anew after half of it; the clocks of two hosts may differ by as much. */
const validMs = 60_000;
const readAtMost = 10_000;

const signed = z.object({ actor: actorSchema, by: z.string(), for: z.string(), until: z.int() });

/**
 * Signs the actor with the subject of the request and a time (Ed25519). A signature costs as much as several requests, so one is
 * used for all requests of the same actor on the same subject for half a minute, and read once; only the answering service sees it.
 */
export function signedActors(keys: ActorKeys, now: () => number = Date.now): ActorHeader {
  const written = new WeakMap<Actor, Map<string, { text: string; until: number }>>();
  const known = new Map<string, z.infer<typeof signed>>();
  return {
    write(actor, subject) {
      const bySubject = written.get(actor) ?? new Map<string, { text: string; until: number }>();
      written.set(actor, bySubject);
      const found = bySubject.get(subject);
      if (found !== undefined && found.until - now() > validMs / 2) return found.text;
      const until = now() + validMs;
      const content = Buffer.from(JSON.stringify({ actor, by: keys.name, for: subject, until })).toString('base64url');
      const text = `${content}.${sign(null, Buffer.from(content), keys.own).toString('base64url')}`;
      bySubject.set(subject, { text, until });
      return text;
    },
    read(text, subject) {
      let content = known.get(text);
      if (content === undefined) {
        const verified = verifiedContent(text, keys.trusted);
        if (verified === null) return null;
        if (known.size >= readAtMost) known.delete(known.keys().next().value ?? '');
        known.set(text, verified);
        content = verified;
      }
      const leftMs = content.until - now();
      const isInTime = leftMs > -validMs && leftMs < 2 * validMs;
      return isInTime && content.for === subject && maySend(content.by, subject) ? content.actor : null;
    },
  };
}

function verifiedContent(text: string, trusted: ActorKeys['trusted']): z.infer<typeof signed> | null {
  const [content = '', signature = '', more] = text.split('.');
  if (more !== undefined) return null;
  try {
    const parsed = signed.safeParse(JSON.parse(Buffer.from(content, 'base64url').toString('utf8')));
    if (!parsed.success) return null;
    const bytes = Buffer.from(signature, 'base64url');
    const isGenuine = (trusted.get(parsed.data.by) ?? []).some((key) => verify(null, Buffer.from(content), key, bytes));
    return isGenuine ? parsed.data : null;
  } catch {
    return null;
  }
}

const subjectsSentBy = new Map<string, ReadonlySet<string>>(
  Object.entries(sentRequests).map(([service, sent]) => [
    service,
    new Set(sent.map((request) => requestSubject(request.service, request.name))),
  ]),
);

/** A service's key proves an actor only for the requests that the service sends; the operator's key for all. */
const maySend = (by: string, subject: string): boolean =>
  by === 'operator' || subjectsSentBy.get(by as ServiceName)?.has(subject) === true;

/** The actor without a signature, for a NATS server without logins, which protects nothing. */
export function unsignedActors(): ActorHeader {
  const written = new WeakMap<Actor, string>();
  const known = new Map<string, Actor>();
  return {
    write(actor) {
      const text = written.get(actor) ?? Buffer.from(JSON.stringify(actor)).toString('base64url');
      written.set(actor, text);
      return text;
    },
    read(text) {
      const found = known.get(text);
      if (found !== undefined) return found;
      try {
        const parsed = actorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
        if (!parsed.success) return null;
        if (known.size >= readAtMost) known.clear();
        known.set(text, parsed.data);
        return parsed.data;
      } catch {
        return null;
      }
    },
  };
}

/** The DER of a PKCS #8 Ed25519 key before its 32 bytes (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const keyBytes = /^[\w-]{43}$/;

/**
 * A private key from its 32 bytes in base64url.
 * @throws RangeError when the text is no key
 */
export function privateActorKey(text: string): KeyObject {
  if (!keyBytes.test(text)) throw new RangeError('a key has 43 characters of base64url');
  return createPrivateKey({
    key: Buffer.concat([pkcs8, Buffer.from(text, 'base64url')]),
    format: 'der',
    type: 'pkcs8',
  });
}

/**
 * A public key from its 32 bytes in base64url.
 * @throws RangeError when the text is no key
 */
export function publicActorKey(text: string): KeyObject {
  if (!keyBytes.test(text)) throw new RangeError('a key has 43 characters of base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
}

/** The public key that belongs to a private one, as text. */
export const publicTextOf = (privateText: string): string =>
  createPublicKey(privateActorKey(privateText)).export({ format: 'jwk' }).x ?? '';
