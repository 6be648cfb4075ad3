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

test('tokens: what no request can carry is refused in a sentence that does not quote it, and a path that is no file too', async () => {
  const file = join(folder, 'odd');
  for (const text of ['one\nalso-one', 'one # the team', 'one\u2028two', 't\u00f6ken']) {
    writeFileSync(file, `${text}\n`);
    for (const given of [{ DIGITALOCEAN_TOKEN: text }, { DIGITALOCEAN_TOKEN_FILE: file }]) {
      const refused = await accountOfTokens({ ...env, ...given }).catch((error: unknown) => String(error));
      expect(refused).toMatch(
        /^ConfigError: The token in (DIGITALOCEAN_TOKEN|\/.*odd) contains a space, a line break or/,
      );
      expect(refused).not.toContain(text);
    }
  }
  // The marks of Windows editors around a token are no part of it.
  writeFileSync(file, '\ufeffone\r\n');
  expect((await accountOfTokens({ ...env, DIGITALOCEAN_TOKEN_FILE: ` ${file} ` })).id).toBe('team-1');
  await expect(accountOfTokens({ ...env, DIGITALOCEAN_TOKEN_FILE: folder })).rejects.toThrow(
    `The token file ${folder} cannot be read (EISDIR).`,
  );
  expect(hasAnyToken({ DIGITALOCEAN_TOKEN_FILE: '  ' })).toBe(false);
});
