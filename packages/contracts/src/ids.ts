import { hash } from 'node:crypto';
import { z } from 'zod';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Any UUID, in lower case. */
export const uuid = z
  .string()
  .regex(uuidPattern, 'a UUID in lower case')
  .meta({ description: 'A UUID in lower case.', example: '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60' });

/** Text that Postgres stores and that no two spellings share: no control characters, no half of a surrogate pair. */
export const isPlainText = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text);

/** A tenant's id, as its identity provider issues it: any plain text. */
export const tenantId = z
  .string()
  .min(1)
  .max(128)
  .refine(isPlainText, 'text without control characters and without halves of surrogate pairs')
  .meta({ description: "The tenant's id as its identity provider issues it.", example: 'acme' });

/** Namespace of our name-based UUIDs, a fixed value: another one would give every known resource a new id. */
const namespace = Buffer.from('c8a1c9b05a1b5c939d2c6f8a0f3b7d11', 'hex');

/** The first 128 bits of a digest in hex, shaped as a UUID of a version (RFC 9562, section 5). */
const uuidFrom = (digest: string, version: 5 | 8): string => {
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${version}${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
};

/** UUIDv5 of a name in the project's own namespace (RFC 9562, SHA-1). */
export const nameUuid = (...parts: string[]): string =>
  uuidFrom(hash('sha1', Buffer.concat([namespace, Buffer.from(parts.join('\n'))])), 5);

/**
 * The id of a resource, a UUIDv5 of provider, kind and provider id. Provisioning and inventory derive the same id,
 * whichever of them meets the resource first.
 */
export const resourceId = (provider: string, kind: string, providerId: string): string =>
  nameUuid('resource', provider, kind, providerId);

/** The id of a provider project, a UUIDv5 of provider and provider id. */
export const projectId = (provider: string, providerId: string): string => nameUuid('project', provider, providerId);

/**
 * An event's id: the first 128 bits of sha256 over type and key, shaped as UUIDv8. The same content has the same id,
 * so publishing it twice is publishing it once. Each service schema has the equal SQL function `event_id(type, key)`.
 */
export const eventId = (type: string, key: string): string => uuidFrom(hash('sha256', `${type}\n${key}`), 8);

/**
 * An outside value as one subject token: letters and digits stand for themselves, every other byte is `_` and two hex
 * digits, so that `acme.com`, `a b` or `>` can neither break a subject nor reach another's. The hyphen stays, so UUIDs do too.
 */
export const token = (value: string): string => {
  if (/^[A-Za-z0-9-]+$/.test(value)) return value;
  if (value === '') return '_';
  return Array.from(Buffer.from(value, 'utf8'), (byte) =>
    /[A-Za-z0-9-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `_${byte.toString(16).padStart(2, '0')}`,
  ).join('');
};

/** The value a token was made from. */
export const untoken = (text: string): string => {
  if (text === '_') return '';
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const hex = text.slice(index + 1, index + 3);
    if (text[index] === '_' && /^[0-9a-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      index += 2;
    } else if (/[A-Za-z0-9-]/.test(text[index] ?? '')) bytes.push(text.charCodeAt(index));
    else throw new RangeError(`not a subject token: ${text}`);
  }
  return Buffer.from(bytes).toString('utf8');
};
