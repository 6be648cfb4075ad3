import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('a purpose has its own token, else the common one', () => {
  const config = readConfig({ DIGITALOCEAN_TOKEN: 'common', DIGITALOCEAN_TOKEN_SYNC_FAST: 'fast' });
  expect([config.token('sync-fast'), config.token('sync-full')]).toEqual(['fast', 'common']);
  expect(config.write).toBe(false);
});

test('a token file that is replaced is picked up', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'token-')), 'token');
  writeFileSync(file, 'first\n');
  const config = readConfig({ DIGITALOCEAN_TOKEN_FILE: file });
  expect(config.token('sync-full')).toBe('first');
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeFileSync(file, 'second\n');
  expect(config.token('sync-full')).toBe('second');
});

test.each([
  [{}, /needs a token/],
  [{ DIGITALOCEAN_TOKEN_FILE: '/nowhere/token' }, /cannot be read/],
  [{ DIGITALOCEAN_TOKEN: 't', ARCADIA_WRITE: 'yes' }, /ARCADIA_WRITE/],
  [{ DIGITALOCEAN_TOKEN: 't', DIGITALOCEAN_API_URL: 'api' }, /must be a URL/],
  [{ DIGITALOCEAN_TOKEN: 't', SPACES_KEY: 'k' }, /belong together/],
])('%j is refused with a sentence', (env, sentence) => {
  expect(() => readConfig(env)).toThrow(sentence);
});
