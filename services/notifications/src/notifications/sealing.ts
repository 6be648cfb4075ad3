import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

import { secretPrefix } from '../domain/signature.ts';

const algorithm = 'aes-256-gcm';
const keyOf = (text: string): Buffer => hash('sha256', `notifications:${text}`, 'buffer');
/** Names a key in what it sealed, and gives nothing of it away. */
const nameOf = (key: Buffer): string => hash('sha256', key, 'hex').slice(0, 8);

/** A new secret of an endpoint: 32 random bytes as the Standard Webhooks specification writes them. */
export const newSecret = (): string => `${secretPrefix}${randomBytes(32).toString('base64')}`;

/** How everything begins that the first key encrypted. */
export const prefixOf = (keys: readonly string[]): string => `v1.${nameOf(keyOf(keys[0] ?? ''))}.`;

/** Encrypts a text with the first key (AES-256-GCM): the version, the name of the key, the nonce, and the text with its tag. */
export function seal(text: string, keys: readonly string[]): string {
  const key = keyOf(keys[0] ?? '');
  const nonce = randomBytes(12);
  const cipher = createCipheriv(algorithm, key, nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return ['v1', nameOf(key), nonce.toString('base64url'), sealed.toString('base64url')].join('.');
}

/**
 * Decrypts what `seal` encrypted.
 * @throws Error when none of the keys sealed it, or it was altered
 */
export function open(sealed: string, keys: readonly string[]): string {
  const [version, name, nonce = '', content = ''] = sealed.split('.');
  const key = keys.map(keyOf).find((one) => nameOf(one) === name);
  if (version !== 'v1' || key === undefined)
    throw new Error(
      'a secret was encrypted with a key that NOTIFICATIONS_KEY does not list any more; add it at the end',
    );
  const bytes = Buffer.from(content, 'base64url');
  const decipher = createDecipheriv(algorithm, key, Buffer.from(nonce, 'base64url'));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
}
