import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountOfTokens, hasAnyToken } from './accounts.ts';

/** Teams by token; another token is rejected. */
const teams: Record<string, string> = { one: 'team-1', 'also-one': 'team-1', two: 'team-2' };
const server = createServer((request, response) => {
  const team = teams[(request.headers.authorization ?? '').replace('Bearer ', '')];
  response.writeHead(team === undefined ? 401 : 200, { 'content-type': 'application/json' });
  const account = { uuid: 'u', status: 'active', team: { uuid: team } };
  response.end(JSON.stringify(team === undefined ? { id: 'unauthorized', message: 'no' } : { account }));
});
let env: Record<string, string>;
const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  env = { DIGITALOCEAN_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('tokens: every form of every variable counts, a file too, and blank ones do not', () => {
  expect(hasAnyToken({})).toBe(false);
  expect(hasAnyToken({ DIGITALOCEAN_TOKEN: ' ', DO_API_TOKEN: '' })).toBe(false);
  for (const name of [
    'DIGITALOCEAN_TOKEN',
    'DO_API_TOKEN',
    'DIGITALOCEAN_TOKEN_SYNC_FULL',
    'DIGITALOCEAN_TOKEN_BILLING',
  ])
    for (const form of [name, `${name}_FILE`]) expect(hasAnyToken({ [form]: '/a' })).toBe(true);
});

test('tokens: one team is the account, and different teams are refused with the names of both variables', async () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'one\n');
  const one = { ...env, DIGITALOCEAN_TOKEN_FILE: file };
  expect((await accountOfTokens(one)).id).toBe('team-1');
  expect((await accountOfTokens({ ...one, DIGITALOCEAN_TOKEN_BILLING: 'also-one' })).id).toBe('team-1');
  await expect(accountOfTokens({ ...one, DIGITALOCEAN_TOKEN_BILLING: 'two' })).rejects.toThrow(
    'DIGITALOCEAN_TOKEN_FILE and DIGITALOCEAN_TOKEN_BILLING are tokens of different teams (team-1 and team-2)',
  );
  await expect(accountOfTokens({ ...one, DIGITALOCEAN_TOKEN_PROVISIONING: 'revoked' })).rejects.toThrow(
    /rejected the token in DIGITALOCEAN_TOKEN_PROVISIONING/,
  );
  await expect(accountOfTokens({ ...env, DIGITALOCEAN_TOKEN_BILLING: 'one' })).rejects.toThrow(
    /needs a token for the provider: set DIGITALOCEAN_TOKEN_SYNC_FULL or DIGITALOCEAN_TOKEN/,
  );
  await expect(accountOfTokens({ ...env, DIGITALOCEAN_TOKEN_FILE: join(folder, 'none') })).rejects.toThrow(
    /cannot be read/,
  );
});
