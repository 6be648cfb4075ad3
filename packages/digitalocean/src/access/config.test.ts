import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAccess } from './config.ts';

const tokenFile = (content: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'token-')), 'token');
  writeFileSync(path, content);
  return path;
};

test('access config: a purpose uses its own token, otherwise the common one', () => {
  const env = { DIGITALOCEAN_TOKEN: 'common', DIGITALOCEAN_TOKEN_SYNC_FAST: 'fast' };
  expect(parseAccess(env, 'sync-fast').token?.()).toBe('fast');
  expect(parseAccess(env, 'sync-full').token?.()).toBe('common');
  expect(parseAccess({ DO_API_TOKEN: 'other' }, 'billing').token?.()).toBe('other');
  const own = { ...env, DIGITALOCEAN_TOKEN_PROVISIONING_FILE: tokenFile('from-a-file\n') };
  expect(parseAccess(own, 'provisioning').token?.()).toBe('from-a-file');
});

test('access config: a blank variable counts as absent', () => {
  const blank = Object.fromEntries(
    ['TOKEN', 'TOKEN_FILE', 'TOKEN_BILLING', 'TOKEN_BILLING_FILE', 'API_URL', 'TIMEOUT_MS', 'BACKOFF_MS'].map(
      (name) => [`DIGITALOCEAN_${name}`, ''],
    ),
  );
  expect(parseAccess({ ...blank, DO_API_TOKEN: ' ', ARCADIA_WRITE: '' }, 'billing')).toEqual({
    purpose: 'billing',
    token: null,
    baseUrl: 'https://api.digitalocean.com',
    canWrite: false,
    timeoutMs: 30_000,
    backoffMs: 500,
  });
});

test('access config: writes are allowed by ARCADIA_WRITE=1 only', () => {
  expect(parseAccess({ ARCADIA_WRITE: '1' }, 'provisioning').canWrite).toBe(true);
  expect(parseAccess({ ARCADIA_WRITE: '0' }, 'provisioning').canWrite).toBe(false);
});

test('access config: a token file that is written or replaced is read again', () => {
  const path = tokenFile('first\n');
  const { token } = parseAccess({ DIGITALOCEAN_TOKEN_FILE: path }, 'sync-full');
  expect(token?.()).toBe('first');
  renameSync(tokenFile('other\n'), path);
  expect(token?.()).toBe('other');
  writeFileSync(path, 'second\n');
  expect(token?.()).toBe('second');
});

test('access config: a token file that is missing or empty is refused when it is read', () => {
  const reading = (path: string) => parseAccess({ DIGITALOCEAN_TOKEN_FILE: path }, 'billing').token;
  expect(reading('/nowhere/token')).toThrow('The token file /nowhere/token cannot be read (ENOENT).');
  expect(reading(tokenFile(' \n'))).toThrow(/is empty/);
});

test.each([
  [{ ARCADIA_WRITE: 'yes' }, 'ARCADIA_WRITE: must be 1 (writes allowed) or 0'],
  [{ DIGITALOCEAN_API_URL: 'api' }, /DIGITALOCEAN_API_URL: must be a URL such as/],
  [{ DIGITALOCEAN_API_URL: 'ftp://provider' }, /DIGITALOCEAN_API_URL: must be a URL/],
  [{ DIGITALOCEAN_TIMEOUT_MS: '5' }, /DIGITALOCEAN_TIMEOUT_MS: must be .* at least 100/],
  [{ DIGITALOCEAN_BACKOFF_MS: '0.5' }, /DIGITALOCEAN_BACKOFF_MS: must be a whole number/],
  [{ DIGITALOCEAN_TIMEOUT_MS: '1e10' }, /DIGITALOCEAN_TIMEOUT_MS: must be a whole number/],
])('access config: %j is refused with the variable and its form', (env, sentence) => {
  expect(() => parseAccess(env, 'sync-full')).toThrow(sentence);
});
