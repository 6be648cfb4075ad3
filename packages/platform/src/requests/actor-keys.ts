import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** The keys of one process: its own private key, and the public keys of the services and the operator; several while one is replaced. */
export type ActorKeys = { name: string; own: KeyObject; known: ReadonlyMap<string, readonly KeyObject[]> };

/** The secret keys that a process shares with each other one. */
export type SharedKeys = {
  /**
   * The keys for requests to a service.
   * @throws when no public key of it is known
   */
  toSend(receiver: string): readonly KeyObject[];
  /** The keys for requests of a sender; none when no public key of it is known. */
  toAnswer(sender: string): readonly KeyObject[];
};

/**
 * Derives a secret key for each pair of processes and direction (X25519, HKDF-SHA256).
 * @throws RangeError when a public key cannot be used
 */
export function sharedKeys({ name, own, known }: ActorKeys): SharedKeys {
  const derived = (direction: (other: string) => string): ReadonlyMap<string, readonly KeyObject[]> =>
    new Map(
      Array.from(known, ([other, keys]) => [
        other,
        keys.map((publicKey) => secretOf(own, publicKey, direction(other))),
      ]),
    );
  const [toSend, toAnswer] = [derived((other) => `${name} to ${other}`), derived((other) => `${other} to ${name}`)];
  return {
    toSend: (receiver) => {
      const keys = toSend.get(receiver);
      if (keys === undefined) throw new Error(`ACTOR_KEYS of ${name} lists no key of ${receiver}`);
      return keys;
    },
    toAnswer: (sender) => toAnswer.get(sender) ?? [],
  };
}

function secretOf(privateKey: KeyObject, publicKey: KeyObject, purpose: string): KeyObject {
  let shared: Buffer;
  try {
    shared = diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    throw new RangeError('a public key is no usable point of X25519', { cause });
  }
  return createSecretKey(Buffer.from(hkdfSync('sha256', shared, '', `arcadia request, ${purpose}`, 32)));
}

/** The DER of a PKCS #8 X25519 key before its 32 bytes (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
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
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: text }, format: 'jwk' });
}

/** The public key that belongs to a private one, as text. */
export const publicTextOf = (privateText: string): string =>
  createPublicKey(privateActorKey(privateText)).export({ format: 'jwk' }).x ?? '';
