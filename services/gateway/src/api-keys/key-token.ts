import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const shape = /^arcadia_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_[\w-]{43}$/;

/** The sha256 digest of a token in hex. A token holds 256 random bits, so its digest needs no salt and no slow function. */
export const digestOf = (token: string): string => hash('sha256', token, 'hex');

/** A new random token of a key. */
export const newToken = (keyId: string): string =>
  `arcadia_${keyId.replaceAll('-', '')}_${randomBytes(32).toString('base64url')}`;

/** True for a bearer token that claims to be an API key. */
export const isKeyToken = (token: string): boolean => token.startsWith('arcadia_');

/** The id of the key in a token; null for a text that is none. */
export const keyIdIn = (token: string): string | null => {
  const parts = shape.exec(token)?.slice(1);
  return parts === undefined ? null : parts.join('-');
};

/** Compares two digests in a time that does not depend on where they differ. */
export const isSameDigest = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
