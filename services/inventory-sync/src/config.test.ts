import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

test('inventory-sync config: each kind of sync uses its own token, otherwise the common one', () => {
  const { provider } = parseConfig({ DIGITALOCEAN_TOKEN: 'common', DIGITALOCEAN_TOKEN_SYNC_FAST: 'fast' });
  expect([provider['sync-fast'].token?.(), provider['sync-full'].token?.()]).toEqual(['fast', 'common']);
});

test('inventory-sync config: without a token the service starts and has no access to the provider', () => {
  expect(parseConfig({}).provider).toMatchObject({ 'sync-fast': { token: null }, 'sync-full': { token: null } });
});

test.each([
  [{ DIGITALOCEAN_TOKEN_FILE: '/nowhere/token' }, /cannot be read/],
  [{ DIGITALOCEAN_TOKEN: 't', ARCADIA_WRITE: 'yes' }, /ARCADIA_WRITE/],
  [{ DIGITALOCEAN_TOKEN: 't', DIGITALOCEAN_API_URL: 'api' }, /must be a URL/],
  [{ DIGITALOCEAN_TOKEN: 't', SPACES_KEY: 'k' }, /belong together/],
  [{ DIGITALOCEAN_TOKEN: 't', SPACES_KEY: 'k', SPACES_SECRET: 's', SPACES_ENDPOINT: 'spaces' }, /SPACES_ENDPOINT/],
])('inventory-sync config: %j is refused with a sentence', (env, sentence) => {
  expect(() => parseConfig(env)).toThrow(sentence);
});
