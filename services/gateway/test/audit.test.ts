import { gateway as contracts } from '@arcadia/contracts';
import { encodeEvent, messageHeaders } from '@arcadia/platform';
import { publishEvent, publishRaw, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import type { JWTPayload } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkHash } from '../src/domain/audit-chain.ts';
import { startInvoicing } from './invoicing-of-keys.ts';
import { openStage, operator, problemIn, type RunningGateway, startGateway, tenantUser, tokenOf } from './stage.ts';

type Entry = {
  position: number;
  hash: string;
  request: string;
  service: string;
  actor: { subject: string; tenant_id: string | null };
  object: { kind: string; id: string } | null;
  outcome: string;
  input: unknown;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  request_id: string | null;
};
type Verdict = {
  is_intact: boolean;
  entries: number;
  head: { position: number; hash: string } | null;
  fault: { position: number; detail: string } | null;
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

const read = async <Body>(
  path: string,
  as: JWTPayload = operator,
  at: RunningGateway = stage.gateway,
): Promise<Body> => {
  const response = await at.send(`/api/v1${path}`, { token: await tokenOf(as) });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as Body;
};
const entries = async (query: string, as?: JWTPayload, at?: RunningGateway): Promise<Entry[]> =>
  (await read<{ items: Entry[] }>(`/audit?limit=200&${query}`, as, at)).items;
const verify = (query = '', at?: RunningGateway): Promise<Verdict> =>
  read<Verdict>(`/audit/verification${query}`, operator, at);

const command = async (
  method: string,
  path: string,
  options: { as?: JWTPayload; body?: object; requestId?: string; at?: RunningGateway } = {},
): Promise<{ status: number; body: { key_id: string } }> => {
  const { as = operator, body, requestId, at = stage.gateway } = options;
  const response = await at.send(`/api/v1${path}`, {
    method,
    token: await tokenOf(as),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as { key_id: string } };
};
const makeKey = (options: Parameters<typeof command>[2] = {}) =>
  command('POST', '/api-keys', { body: { name: 'audited', role: 'auditor' }, ...options });

test('a command is audited with its sender, its object, what it changed and the id of its request', async () => {
  const made = (await makeKey({ requestId: 'request-of-making' })).body;
  await command('POST', `/api-keys/${made.key_id}/rotate`, { requestId: 'request-of-rotating' });
  await command('DELETE', `/api-keys/${made.key_id}`, { requestId: 'request-of-revoking' });
  await expect.poll(async () => (await entries(`object_id=${made.key_id}`)).length).toBe(3);
  const [revoked, rotated, created] = await entries(`object_id=${made.key_id}`);
  expect(created).toMatchObject({
    service: 'gateway',
    request: 'api-keys.create',
    actor: { subject: 'olivia', tenant_id: null, roles: ['platform_admin'] },
    object: { kind: 'api key', id: made.key_id },
    outcome: 'done',
    input: { name: 'audited', role: 'auditor' },
    before: null,
    after: { key_id: made.key_id, token: '[redacted]', status: 'active' },
    request_id: 'request-of-making',
  });
  expect(rotated).toMatchObject({
    before: { rotated_at: null },
    after: { rotated_at: expect.any(String) },
    request_id: 'request-of-rotating',
  });
  expect(Object.keys(rotated?.after ?? {})).toEqual(['rotated_at']);
  expect(revoked).toMatchObject({
    before: { status: 'active', revoked_at: null, revoked_by: null },
    after: { status: 'revoked', revoked_by: 'olivia' },
  });
  expect(JSON.stringify([revoked, rotated, created])).not.toMatch(/arcadia_[0-9a-f]{32}/);
});

test('a refused command is audited with its refusal and without a change', async () => {
  const missing = crypto.randomUUID();
  expect((await command('DELETE', `/api-keys/${missing}`)).status).toBe(404);
  await expect
    .poll(() => entries(`object_id=${missing}`))
    .toMatchObject([{ request: 'api-keys.revoke', outcome: 'not-found', before: null, after: null }]);
});

test('a tenant sees the commands that it sent, and no others', async () => {
  const globex: JWTPayload = { ...tenantUser, sub: 'gus', tenant_id: 'globex' };
  const body = { name: 'own', role: 'tenant' };
  const own = (await makeKey({ as: tenantUser, body })).body.key_id;
  const foreign = (await makeKey({ as: globex, body })).body.key_id;
  const byOperator = (await makeKey({ body: { ...body, tenant_id: 'acme' } })).body.key_id;
  await expect.poll(async () => (await entries(`object_id=${byOperator}`)).length).toBe(1);
  const seen = (await entries('', tenantUser)).map(({ object }) => object?.id);
  expect(seen).toContain(own);
  expect(seen).not.toContain(foreign);
  expect(seen).not.toContain(byOperator);
  expect(await entries('tenant_id=globex', tenantUser)).toEqual([]);
  expect(await entries(`object_id=${foreign}`, tenantUser)).toEqual([]);
  expect((await entries('tenant_id=globex')).map(({ object }) => object?.id)).toEqual([foreign]);
});

test('the log is filtered by sender, request, outcome and time, and has pages', async () => {
  for (const name of ['one', 'two', 'three'])
    await makeKey({ as: { ...operator, sub: 'paula' }, body: { name, role: 'auditor' } });
  await expect.poll(async () => (await entries('subject=paula')).length).toBe(3);
  const names: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { items: Entry[]; next_cursor: string | null } = await read(
      `/audit?subject=paula&request=api-keys.create&outcome=done&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    names.push(...page.items.map(({ input }) => (input as { name: string }).name));
    cursor = page.next_cursor;
  }
  expect(names).toEqual(['three', 'two', 'one']);
  expect(await entries('subject=paula&outcome=forbidden')).toEqual([]);
  expect(await entries('subject=paula&to=2020-01-01T00:00:00Z')).toEqual([]);
  expect(await entries('subject=paula&from=2020-01-01T00:00:00Z')).toHaveLength(3);
  const other = Buffer.from('["x"]').toString('base64url');
  const refused = await stage.gateway.send(`/api/v1/audit?cursor=${other}`);
  expect((await problemIn(refused)).type).toBe('/problems/invalid-cursor');
});

test('no row of the log, nor of a service’s own audit table, is changed or deleted', async () => {
  await makeKey();
  await expect.poll(async () => (await entries('')).length).toBeGreaterThan(0);
  const { db } = stage.gateway.service.context;
  for (const statement of [
    `UPDATE audit_entries SET outcome = 'done'`,
    'DELETE FROM audit_entries',
    'TRUNCATE audit_entries',
    `UPDATE audit SET outcome = 'done'`,
    'DELETE FROM audit',
    'TRUNCATE audit',
  ])
    await expect(sql.raw(statement).execute(db)).rejects.toThrow(/is append-only/);
});

test('the chain shows a missing, a changed, an inserted and a cut off entry, and that an entry written down earlier has changed', async () => {
  for (let made = 0; made < 6; made += 1) await makeKey();
  await expect.poll(async () => (await entries('')).length).toBeGreaterThanOrEqual(6);
  await stage.gateway.service.settled();
  const sound = await verify();
  expect(sound).toMatchObject({ is_intact: true, fault: null });
  const head = sound.head ?? { position: 0, hash: '' };
  expect(sound.entries).toBe(head.position);
  expect((await verify(`?position=${head.position}&hash=${head.hash}`)).is_intact).toBe(true);
  const other = await verify(`?position=${head.position}&hash=${'0'.repeat(64)}`);
  expect([other.is_intact, other.fault?.position]).toEqual([false, head.position]);
  expect((await stage.gateway.send('/api/v1/audit/verification?position=1')).status).toBe(422);

  const { db } = stage.gateway.service.context;
  const run = (statement: string) => sql.raw(statement).execute(db);
  await run('ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_is_append_only');
  await run('CREATE TABLE kept AS SELECT * FROM audit_entries');
  await run('CREATE TABLE kept_head AS SELECT * FROM audit_head');
  const forged =
    '{"at":"2026-04-01T00:00:00Z","request":"x","outcome":"done","actor":{"subject":"m","tenant_id":null}}';
  const attacks: [string, string, number][] = [
    ['an entry is missing', 'DELETE FROM audit_entries WHERE position = 3', 3],
    ['the first entry is missing', 'DELETE FROM audit_entries WHERE position = 1', 1],
    ['the last entry is missing', `DELETE FROM audit_entries WHERE position = ${head.position}`, head.position],
    ['every entry is missing', 'DELETE FROM audit_entries', 1],
    [
      'an entry is changed',
      `UPDATE audit_entries SET entry = replace(entry::text, 'olivia', 'mallory')::json WHERE position = 2`,
      2,
    ],
    ['a column is changed', `UPDATE audit_entries SET subject = 'mallory' WHERE position = 2`, 2],
    ['the time is changed', `UPDATE audit_entries SET at = at + interval '1 second' WHERE position = 4`, 4],
    [
      'an entry is changed and hashed anew',
      `UPDATE audit_entries SET entry = '${forged}', at = '2026-04-01T00:00:00Z', subject = 'm', request = 'x', object_id = null, tenant_id = null,
       hash = encode(sha256(convert_to(previous_hash || E'\\n' || '${forged}', 'UTF8')), 'hex') WHERE position = 2`,
      3,
    ],
    [
      'two entries change places',
      `UPDATE audit_entries SET position = CASE position WHEN 2 THEN 1002 ELSE 2 END WHERE position IN (2, 3);
       UPDATE audit_entries SET position = 3 WHERE position = 1002`,
      2,
    ],
    [
      'an entry is appended without the gateway',
      `INSERT INTO audit_entries SELECT ${head.position + 1}, gen_random_uuid(), '2026-04-01T00:00:00Z', null, 'm', 'x', null, 'done',
       '${forged}', hash, '${linkHash(head.hash, forged)}' FROM audit_entries WHERE position = ${head.position}`,
      head.position + 2,
    ],
  ];
  for (const [name, attack, position] of attacks) {
    await run(attack);
    const found = await verify();
    expect([name, found.is_intact, found.fault?.position]).toEqual([name, false, position]);
    await run('DELETE FROM audit_entries; INSERT INTO audit_entries SELECT * FROM kept');
    expect((await verify()).is_intact).toBe(true);
  }
  await run('ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_is_append_only');
});

test('commands at several replicas become one unbroken chain, and a command published again is not entered again', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'gateway' });
  await using one = await startGateway(nats, {}, database);
  await using other = await startGateway(nats, {}, database);
  await Promise.all(Array.from({ length: 40 }, (_, index) => makeKey({ at: index % 2 === 0 ? one : other })));
  await expect.poll(async () => (await verify('', one)).entries).toBe(40);
  const stored = await sql<{ payload: never }>`
    SELECT payload FROM events WHERE type = ${contracts.commandAudited.type} ORDER BY number LIMIT 3`.execute(
    one.service.context.db,
  );
  for (const { payload } of stored.rows)
    await publishEvent(nats, contracts.commandAudited, payload, { headers: { 'Nats-Msg-Id': crypto.randomUUID() } });
  await makeKey({ at: other });
  await expect.poll(async () => (await verify('', one)).entries).toBe(41);
  expect(await verify('', other)).toMatchObject({ is_intact: true, entries: 41, head: { position: 41 } });
});

test('a service enters commands in the log as its own only: one in the name of another service is set aside', async () => {
  const made = (await makeKey()).body.key_id;
  await expect.poll(async () => (await entries(`object_id=${made}`)).length).toBe(1);
  const { rows } = await sql<{ payload: object }>`
    SELECT payload FROM events WHERE type = ${contracts.commandAudited.type} ORDER BY number DESC LIMIT 1`.execute(
    stage.gateway.service.context.db,
  );
  const claimed = { ...rows[0]?.payload, audit_id: 'invoicing:1', service: 'invoicing', request: 'forged' };
  const occurredAt = Temporal.Now.instant();
  for (const service of ['invoicing', 'drift'] as const) {
    const [event] = encodeEvent(contracts.commandAudited, { ...claimed, service }, { occurredAt, headers: null });
    if (event === undefined) throw new Error('no message');
    await publishRaw(stage.nats, {
      subject: 'audit.recorded.drift',
      payload: event.payload,
      headers: messageHeaders({ ...event, id: crypto.randomUUID() }, 'drift'),
    });
  }
  await expect.poll(async () => (await entries('request=forged')).map(({ service }) => service)).toEqual(['drift']);
  expect((await verify()).is_intact).toBe(true);
  const { items } = await read<{ items: { fault: string; detail: string; payload?: string }[] }>('/dead-letters');
  expect(items).toMatchObject([{ fault: 'invalid-data', detail: expect.stringContaining('audit.recorded.invoicing') }]);
  expect(items[0]).not.toHaveProperty('payload');
});
