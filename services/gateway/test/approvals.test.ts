import { invoicing, provisioning } from '@arcadia/contracts';
import { throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import type { JWTPayload } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sampleOf } from './sample-request.ts';
import { operator, problemIn, type RunningGateway, startGateway, startNeighbour, tokenOf } from './stage.ts';

type Approval = {
  approval_id: string;
  status: string;
  requested_by: string;
  decided_by: string | null;
  outcome: string | null;
  answer: unknown;
};
type Sent = { input: unknown; actor: { subject: string }; idempotencyKey: string | null };

const stack = new AsyncDisposableStack();
let gateway: RunningGateway;
/** The commands that reached their service. */
const sent: Sent[] = [];
let refusal: { refused: string; detail: string } | null = null;

const ada: JWTPayload = { sub: 'ada', roles: ['billing'] };
const bob: JWTPayload = { sub: 'bob', roles: ['billing'] };
const sam: JWTPayload = { sub: 'sam', roles: ['support'] };
const invoice = '/invoices/0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60';

beforeAll(async () => {
  const nats = stack.use(await throwawayNats());
  for (const [service, contract] of [
    ['invoicing', invoicing.voidInvoice],
    ['provisioning', provisioning.startSaga],
  ] as const) {
    const answer = sampleOf(z.toJSONSchema(contract.output, { unrepresentable: 'any' }) as never);
    const handle = async (request: Sent) => {
      sent.push(request);
      return refusal ?? answer;
    };
    const neighbour = await startNeighbour(nats, service, [{ contract, kind: 'unmanaged', handle }]);
    stack.defer(() => neighbour.stop());
  }
  const database = stack.use(await throwawayDatabase({ service: 'gateway' }));
  gateway = stack.use(await startGateway(nats, { FOUR_EYES: 'on' }, database));
});
afterAll(() => stack.disposeAsync());

const send = async (
  path: string,
  { as = ada, body, key }: { as?: JWTPayload; body?: object; key?: string } = {},
): Promise<Response> =>
  gateway.send(`/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    token: await tokenOf(as),
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const approvalIn = async (response: Response): Promise<Approval> => (await response.json()) as Approval;
const wait = async (): Promise<Approval> => {
  const response = await send(`${invoice}/void`, { body: { reason: 'wrong plan' } });
  expect(response.status).toBe(202);
  const kept = await approvalIn(response);
  expect(response.headers.get('location')).toBe(`/api/v1/approvals/${kept.approval_id}`);
  return kept;
};
const decide = (kept: Approval, how: 'approve' | 'deny', as: JWTPayload) =>
  send(`/approvals/${kept.approval_id}/${how}`, { as, body: how === 'deny' ? { reason: 'it is right' } : {} });

test('a command that destroys waits for a second person and is then sent once, on behalf of the first', async () => {
  const before = sent.length;
  const kept = await wait();
  expect(kept).toMatchObject({ status: 'waiting', requested_by: 'ada', outcome: null });
  expect(sent.length).toBe(before);
  const self = await problemIn(await decide(kept, 'approve', ada));
  expect([self.type, sent.length]).toEqual(['/problems/forbidden', before]);
  const [one, other] = await Promise.all([decide(kept, 'approve', bob), decide(kept, 'approve', bob)]);
  expect(await approvalIn(one)).toMatchObject({ status: 'approved', decided_by: 'bob', outcome: 'done' });
  expect((await approvalIn(other)).status).toBe('approved');
  const mine = sent.slice(before);
  expect(mine[0]).toMatchObject({
    actor: { subject: 'ada' },
    input: { reason: 'wrong plan' },
    idempotencyKey: `approval:${kept.approval_id}`,
  });
  // The service gives a repetition with the same key the first answer.
  expect(new Set(mine.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  const again = await decide(kept, 'approve', { sub: 'carol', roles: ['platform_admin'] });
  expect((await problemIn(again)).type).toBe('/problems/conflict');
});

test('who may not send the command may not decide about it, nor may a key', async () => {
  const kept = await wait();
  for (const how of ['approve', 'deny'] as const) expect((await decide(kept, how, sam)).status).toBe(403);
  const made = await send('/api-keys', { as: operator, body: { name: 'robot', role: 'billing' } });
  const { token } = (await made.json()) as { token: string };
  const path = `/api/v1/approvals/${kept.approval_id}/approve`;
  const byKey = await gateway.send(path, { method: 'POST', token });
  expect((await problemIn(byKey)).type).toBe('/problems/forbidden');
  expect((await approvalIn(await send(`/approvals/${kept.approval_id}`))).status).toBe('waiting');
});

test('a denied and an expired command are never sent', async () => {
  const before = sent.length;
  const denied = await wait();
  expect(await approvalIn(await decide(denied, 'deny', bob))).toMatchObject({ status: 'denied', decided_by: 'bob' });
  expect((await problemIn(await decide(denied, 'approve', bob))).type).toBe('/problems/conflict');
  const withdrawn = await wait();
  expect((await approvalIn(await decide(withdrawn, 'deny', ada))).status).toBe('denied');
  const late = await wait();
  await sql`UPDATE approvals SET expires_at = requested_at WHERE approval_id = ${late.approval_id}::uuid`.execute(
    gateway.service.context.db,
  );
  expect((await problemIn(await decide(late, 'approve', bob))).type).toBe('/problems/conflict');
  const listed = (await (await send('/approvals?status=expired')).json()) as { items: Approval[] };
  expect(listed.items.map(({ approval_id }) => approval_id)).toEqual([late.approval_id]);
  expect(sent.length).toBe(before);
});

test('a refusal of the service is kept as the outcome', async () => {
  refusal = { refused: 'invoice-void', detail: 'It is void already.' };
  const kept = await wait();
  expect(await approvalIn(await decide(kept, 'approve', bob))).toMatchObject({
    status: 'approved',
    outcome: 'invoice-void',
    answer: { detail: 'It is void already.' },
  });
  refusal = null;
});

test('who made or has ever rotated a key may not approve what the key sends', async () => {
  const made = await send('/api-keys', { as: operator, body: { name: 'robot', role: 'billing' } });
  const { key_id } = (await made.json()) as { key_id: string };
  const rita: JWTPayload = { sub: 'rita', roles: ['platform_admin'] };
  const rotated = await send(`/api-keys/${key_id}/rotate`, { as: rita, body: {} });
  // Its token is accepted for an hour after the next rotation, by another person.
  const { token } = (await rotated.json()) as { token: string };
  const rob: JWTPayload = { sub: 'rob', roles: ['platform_admin'] };
  expect((await send(`/api-keys/${key_id}/rotate`, { as: rob, body: {} })).status).toBe(200);
  const response = await gateway.send(`/api/v1${invoice}/void`, {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'a program found it wrong' }),
  });
  const kept = await approvalIn(response);
  expect([response.status, kept.requested_by]).toEqual([202, `key:${key_id}`]);
  for (const person of [operator, rita, rob]) {
    const refused = await decide(kept, 'approve', person);
    expect([refused.status, (await problemIn(refused)).detail]).toEqual([403, expect.stringContaining('has the key')]);
  }
  expect((await decide(kept, 'approve', bob)).status).toBe(200);
});

test('the same request sent twice with one key waits once, and other commands do not wait', async () => {
  const key = crypto.randomUUID();
  const twice = await Promise.all(
    [1, 2].map(async () => approvalIn(await send(`${invoice}/void`, { body: { reason: 'once' }, key }))),
  );
  expect(twice[0]?.approval_id).toBe(twice[1]?.approval_id);
  const before = sent.length;
  const started = await send('/sagas', { as: operator, body: { kind: 'echo', inputs: {} } });
  expect([started.status, sent.length]).toEqual([202, before + 1]);
  const offboard = await send('/sagas', { as: operator, body: { kind: 'offboard', inputs: {} } });
  expect([offboard.status, sent.length, (await approvalIn(offboard)).status]).toEqual([202, before + 1, 'waiting']);
});

test('without the setting nothing waits', async () => {
  await using nats = await throwawayNats();
  await using plain = await startGateway(nats);
  const response = await plain.send(`/api/v1${invoice}/void`, {
    method: 'POST',
    token: await tokenOf(ada),
    headers: { 'content-type': 'application/json' },
    body: '{"reason":"wrong plan"}',
  });
  expect(response.status).toBe(503);
});

test('an approval whose audit entry cannot be written is not given, and nothing is sent', async () => {
  const before = sent.length;
  const kept = await wait();
  const { db } = gateway.service.context;
  await sql`CREATE FUNCTION refuse_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no entry today'; END $$`.execute(
    db,
  );
  await sql`CREATE TRIGGER refuse_entry BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse_entry()`.execute(
    db,
  );
  expect((await decide(kept, 'approve', bob)).status).toBe(500);
  await sql`DROP TRIGGER refuse_entry ON audit`.execute(db);
  expect(await approvalIn(await send(`/approvals/${kept.approval_id}`))).toMatchObject({ status: 'waiting' });
  expect(sent.length).toBe(before);
  expect(await approvalIn(await decide(kept, 'approve', bob))).toMatchObject({ status: 'approved', outcome: 'done' });
});
