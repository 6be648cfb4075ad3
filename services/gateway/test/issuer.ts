import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { operator } from './stage.ts';

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
export const now = (): number => Math.floor(Date.now() / 1000);
export const good = (): JWTPayload => ({ iss: 'arcadia', iat: now(), exp: now() + 600, ...operator });

/** The public half of an RSA key of 1,024 bits, and tokens that it signed, which no library makes. */
const weakKey = () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
  return {
    jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256', use: 'sig' },
    sign: (payload: object): string => {
      const signed = `${base64url({ alg: 'RS256', kid: 'weak' })}.${base64url(payload)}`;
      return `${signed}.${createSign('sha256').update(signed).sign(pair.privateKey, 'base64url')}`;
    },
  };
};

/** An issuer that publishes its keys at an address and can be broken. */
export const startIssuer = async () => {
  const signing = await generateKeyPair('ES256', { extractable: true });
  const other = await generateKeyPair('RS256', { extractable: true });
  const keys = [
    { ...(await exportJWK(signing.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' },
    { ...(await exportJWK(other.publicKey)), kid: 'k2', alg: 'RS256', use: 'sig' },
  ];
  const weak = weakKey();
  keys.push(weak.jwk as never);
  let isBroken = false;
  let padding = 0;
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched += 1;
    response.writeHead(isBroken ? 500 : 200, { 'content-type': 'application/json' });
    response.end(isBroken ? '' : JSON.stringify({ keys, padding: 'x'.repeat(padding) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    signing,
    other,
    weak,
    fetched: () => fetched,
    publish: (more: object[]) => keys.push(...(more as never[])),
    growTo: (bytes: number) => {
      padding = bytes;
    },
    break: () => {
      isBroken = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export const signedBy = (
  key: CryptoKey,
  header: { alg: string; [name: string]: unknown },
  claims: object,
): Promise<string> => new SignJWT(claims as JWTPayload).setProtectedHeader(header).sign(key);
