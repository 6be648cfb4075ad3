import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import type { JWTPayload } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startInvoicing } from './invoicing-of-keys.ts';
import { openStage, operator, problemIn, type RunningGateway, startGateway, tenantUser, tokenOf } from './stage.ts';

type Key = {
  key_id: string;
  token: string | null;
  role: string;
  tenant_id: string | null;
  status: string;
  expires_at: string;
  last_used_at: string | null;
  revoked_by: string | null;
};

let stage: Awaited<ReturnType<typeof openStage>>;
let neighbour: Awaited<ReturnType<typeof startInvoicing>>;
beforeAll(async () => {
  stage = await openStage();
  neighbour = await startInvoicing(stage.nats);
});
afterAll(async () => {
  await neighbour.stop();
  await stage[Symbol.asyncDispose]();
});

const send = async (
  method: string,
  path: string,
  options: { as?: JWTPayload | string; body?: object; key?: string; at?: RunningGateway } = {},
): Promise<Response> => {
  const { as = operator, body, key, at = stage.gateway } = options;
  return at.send(`/api/v1${path}`, {
    method,
    token: typeof as === 'string' ? as : await tokenOf(as),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
};
const make = async (body: object, options: Parameters<typeof send>[2] = {}): Promise<Key & { token: string }> => {
  const response = await send('POST', '/api-keys', { ...options, body: { name: 'ci', ...body } });
  expect(response.status).toBe(201);
  return (await response.json()) as Key & { token: string };
};
const statusWith = async (token: string, path = '/usage', at?: RunningGateway): Promise<number> => {
  const response = await send('GET', path, { as: token, ...(at === undefined ? {} : { at }) });
  await response.body?.cancel();
  return response.status;
};

test('a key sends requests as its own subject, with its role and its tenant', async () => {
  const key = await make({ role: 'tenant_viewer', tenant_id: 'acme' });
  expect(await statusWith(key.token)).toBe(200);
  expect(stage.received.at(-1)?.actor).toEqual({
    subject: `key:${key.key_id}`,
    tenant_id: 'acme',
    roles: ['tenant_viewer'],
  });
  expect(await statusWith(key.token, '/sagas')).toBe(403);
  const auditor = await make({ role: 'auditor' });
  expect(await statusWith(auditor.token)).toBe(200);
  expect(stage.received.at(-1)?.actor).toEqual({
    subject: `key:${auditor.key_id}`,
    tenant_id: null,
    roles: ['auditor'],
  });
  const me = await (await send('GET', '/me', { as: auditor.token })).json();
  expect(me).toMatchObject({
    subject: `key:${auditor.key_id}`,
    expires_at: expect.stringContaining(auditor.expires_at.slice(0, 19)),
  });
});

test('a token that differs in one character, or has another key’s id, is refused like every other invalid token', async () => {
  const [one, other] = [await make({ role: 'auditor' }), await make({ role: 'auditor' })];
  const last = one.token.at(-1) === 'A' ? 'B' : 'A';
  const [prefix, id, secret] = one.token.split('_');
  for (const token of [
    `${one.token.slice(0, -1)}${last}`,
    `${prefix}_${other.key_id.replaceAll('-', '')}_${secret}`,
    `${prefix}_${id}_`,
    `${prefix}_${id?.toUpperCase()}_${secret}`,
    'arcadia_',
    `arcadia_${'0'.repeat(32)}_${'A'.repeat(43)}`,
    `${one.token}A`,
  ]) {
    const response = await send('GET', '/usage', { as: token });
    expect((await problemIn(response)).type).toBe('/problems/unauthenticated');
  }
});

test('the token is shown once: neither a list, nor a repetition, nor the database has it', async () => {
  const idempotencyKey = crypto.randomUUID();
  const key = await make({ role: 'auditor' }, { key: idempotencyKey });
  const again = await make({ role: 'auditor' }, { key: idempotencyKey });
  expect([again.key_id, again.token]).toEqual([key.key_id, null]);
  const rotated = (await (await send('POST', `/api-keys/${key.key_id}/rotate`)).json()) as Key;
  for (const path of ['/api-keys?limit=200', `/api-keys/${key.key_id}`]) {
    const text = await (await send('GET', path)).text();
    expect(text).toContain(key.key_id);
    expect(text).not.toMatch(/arcadia_|sha256/);
  }
  const { db } = stage.gateway.service.context;
  const tables = await sql<{ tablename: string }>`SELECT tablename FROM pg_tables WHERE schemaname = 'gateway'`.execute(
    db,
  );
  const withDigests = new Set<string>();
  for (const { tablename } of tables.rows) {
    const rows = await sql<{
      text: string;
    }>`SELECT row_to_json(t)::text AS text FROM ${sql.id(tablename)} AS t`.execute(db);
    const text = rows.rows.map((row) => row.text).join('\n');
    for (const token of [key.token, rotated.token ?? '']) {
      expect([tablename, text.includes(token.slice(-43))]).toEqual([tablename, false]);
      if (text.includes(createHash('sha256').update(token).digest('hex'))) withDigests.add(tablename);
    }
  }
  // The log holds the changed rows, which a database that was set back takes back.
  expect([...withDigests].filter((name) => !name.startsWith('events'))).toEqual(['api_keys']);
});

test('a tenant makes keys for itself with a tenant’s roles, and sees no key of another tenant', async () => {
  const own = await make({ role: 'tenant' }, { as: tenantUser });
  expect([own.tenant_id, own.role]).toEqual(['acme', 'tenant']);
  const foreign = await make({ role: 'tenant', tenant_id: 'globex' });
  for (const body of [
    { role: 'platform_admin' },
    { role: 'auditor' },
    { role: 'tenant', tenant_id: 'globex' },
    { role: 'support', tenant_id: 'acme' },
  ]) {
    const response = await send('POST', '/api-keys', { as: tenantUser, body: { name: 'ci', ...body } });
    expect([body, (await problemIn(response)).type]).toEqual([body, '/problems/forbidden']);
  }
  for (const [method, path] of [
    ['GET', `/api-keys/${foreign.key_id}`],
    ['POST', `/api-keys/${foreign.key_id}/rotate`],
    ['DELETE', `/api-keys/${foreign.key_id}`],
  ] as const)
    expect([path, (await send(method, path, { as: tenantUser })).status]).toEqual([path, 404]);
  const listed = await (await send('GET', '/api-keys?limit=200', { as: tenantUser })).text();
  expect(listed).toContain(own.key_id);
  expect(listed).not.toContain(foreign.key_id);
  const asked = await (await send('GET', '/api-keys?tenant_id=globex', { as: tenantUser })).json();
  expect(asked).toEqual({ items: [], next_cursor: null, total: 0 });
  expect(await statusWith(foreign.token)).toBe(200);
});

test('an operator names the tenant of a tenant’s role, and of no other', async () => {
  const missing = await send('POST', '/api-keys', { body: { name: 'ci', role: 'tenant' } });
  expect((await problemIn(missing)).type).toBe('/problems/tenant-missing');
  const misspelt = await send('POST', '/api-keys', { body: { name: 'ci', role: 'tenant', tenant_id: 'acmee' } });
  expect(await problemIn(misspelt)).toMatchObject({ type: '/problems/unknown-tenant', near: ['acme'] });
  const needless = await send('POST', '/api-keys', { body: { name: 'ci', role: 'billing', tenant_id: 'acme' } });
  expect((await problemIn(needless)).status).toBe(403);
  const ends = ['2020-01-01T00:00:00Z', '2200-01-01T00:00:00Z'];
  for (const expires_at of ends) {
    const response = await send('POST', '/api-keys', { body: { name: 'ci', role: 'auditor', expires_at } });
    expect((await problemIn(response)).type).toBe('/problems/invalid-time');
  }
});

test('a key makes, rotates and revokes no keys, even with the operator’s role', async () => {
  const key = await make({ role: 'platform_admin' });
  expect(await statusWith(key.token)).toBe(200);
  const made = await send('POST', '/api-keys', { as: key.token, body: { name: 'ci', role: 'auditor' } });
  expect((await problemIn(made)).type).toBe('/problems/forbidden');
  for (const [method, path] of [
    ['POST', `/api-keys/${key.key_id}/rotate`],
    ['DELETE', `/api-keys/${key.key_id}`],
  ] as const)
    expect((await send(method, path, { as: key.token })).status).toBe(403);
});

test('a token of the identity provider cannot have the subject of a key or of a service', async () => {
  const key = await make({ role: 'auditor' });
  for (const sub of [`key:${key.key_id}`, 'service:provisioning'])
    expect(await statusWith(await tokenOf({ ...operator, sub }))).toBe(401);
});

test('an expired key is refused', async () => {
  const expires_at = Temporal.Now.instant().add({ milliseconds: 1_500 }).toString();
  const key = await make({ role: 'auditor', expires_at });
  expect(await statusWith(key.token)).toBe(200);
  await expect.poll(() => statusWith(key.token), { timeout: 5_000 }).toBe(401);
  const shown = (await (await send('GET', `/api-keys/${key.key_id}`)).json()) as Key;
  expect(shown.status).toBe('expired');
  expect((await send('POST', `/api-keys/${key.key_id}/rotate`)).status).toBe(409);
});

test('the time of its last use is shown', async () => {
  const key = await make({ role: 'auditor' });
  const shown = async () => ((await (await send('GET', `/api-keys/${key.key_id}`)).json()) as Key).last_used_at;
  expect(await shown()).toBeNull();
  expect(await statusWith(key.token)).toBe(200);
  await expect.poll(shown).toMatch(/Z$/);
});

test('a revocation and a rotation take effect on every replica within three seconds, and end a live feed', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'gateway' });
  await using _invoicing = await startInvoicing(nats);
  await using one = await startGateway(nats, {}, database);
  await using other = await startGateway(nats, {}, database);
  const key = await make({ role: 'tenant', tenant_id: 'acme' }, { at: one });
  const both = async (token: string) => [await statusWith(token, '/me', one), await statusWith(token, '/me', other)];
  expect(await both(key.token)).toEqual([200, 200]);

  const rotate = (overlap_seconds: number) =>
    send('POST', `/api-keys/${key.key_id}/rotate`, { at: one, body: { overlap_seconds } });
  const second = ((await (await rotate(600)).json()) as Key).token ?? '';
  expect(await both(second)).toEqual([200, 200]);
  await delay(2_100);
  expect(await both(key.token)).toEqual([200, 200]);
  const third = ((await (await rotate(0)).json()) as Key).token ?? '';
  await expect.poll(() => both(second), { timeout: 3_000 }).toEqual([401, 401]);
  await expect.poll(() => both(key.token), { timeout: 3_000 }).toEqual([401, 401]);
  expect(await both(third)).toEqual([200, 200]);

  const feed = await other.send('/api/v1/events', { token: third, signal: AbortSignal.timeout(20_000) });
  const ended = feed.text();
  const revoked = (await (await send('DELETE', `/api-keys/${key.key_id}`, { at: one })).json()) as Key;
  expect([revoked.status, revoked.revoked_by]).toEqual(['revoked', 'olivia']);
  await expect.poll(() => both(third), { timeout: 3_000 }).toEqual([401, 401]);
  expect(await ended).toContain(': listening');
  const twice = (await (await send('DELETE', `/api-keys/${key.key_id}`, { at: one })).json()) as Key;
  expect(twice).toEqual(revoked);
});
