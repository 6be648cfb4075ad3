import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type EventData, invoicing, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { openStage, operator, problemIn, type RunningGateway, startGateway, tenantUser, tokenOf } from './stage.ts';

const voided = (tenant_id: string): EventData<typeof invoicing.invoiceVoided> => ({
  invoice_id: randomUUID(),
  tenant_id,
  period: '2026-04',
  number: 'INV-1',
  currency: 'AUD',
  total_cents: 1,
  deployment_ids: [],
  voided_at: '2026-05-02T00:00:00Z',
  reason: 'issued with the wrong address',
  replaced_by: null,
});

const saga = (tenant_id: string): EventData<typeof provisioning.sagaChanged> => ({
  saga_id: randomUUID(),
  kind: 'echo',
  status: 'pending',
  revision: 1,
  deployment_id: null,
  tenant_id,
  drift_id: null,
  current_index: 0,
  steps: [{ name: 'echo', status: 'pending' }],
  error: null,
  changed_at: '2026-05-02T00:00:00Z',
});

/** Opens the feed. Returns the text received so far, which grows, and whether the feed has ended. */
const listen = async (gateway: RunningGateway, token: string, headers: Record<string, string> = {}) => {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, AbortSignal.timeout(20_000)]);
  const response = await gateway.send('/api/v1/events', { token, headers, signal });
  const type = response.headers.get('content-type');
  const state = { received: '', isOver: false, status: response.status, type, leave: () => left.abort() };
  const decoder = new TextDecoder();
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) state.received += decoder.decode(chunk);
    } catch {
      // The connection was destroyed: the feed has ended.
    }
    state.isOver = true;
  })();
  await eventually('the feed begins', () => state.received.includes(': listening'));
  return state;
};

test('live feed: an operator receives the events of every tenant, a tenant only its own', async () => {
  await using stage = await openStage();
  const { gateway, nats } = stage;
  // The stream must exist before the feed subscribes to it.
  await publishEvent(nats, invoicing.invoiceVoided, voided('another'));
  const [all, acme] = [
    await listen(gateway, await tokenOf(operator)),
    await listen(gateway, await tokenOf(tenantUser)),
  ];
  expect(all).toMatchObject({ status: 200, type: 'text/event-stream' });
  const [theirs, own] = [voided('globex'), voided('acme')];
  await publishEvent(nats, invoicing.invoiceVoided, [theirs, own]);
  await eventually(
    'both have received',
    () => all.received.includes(own.invoice_id) && acme.received.includes(own.invoice_id),
  );
  expect(all.received).toContain(theirs.invoice_id);
  expect(acme.received).toContain(`event: invoice.voided\ndata: ${JSON.stringify(own)}\nid: `);
  expect(acme.received).not.toMatch(new RegExp(`globex|${theirs.invoice_id}`));
});

/** The ids of the events that a reader has received, in order, and the last id of all. */
const idsIn = (received: string) => ({
  invoices: Array.from(received.matchAll(/"invoice_id":"([^"]+)"/g), ([, id]) => id),
  last: Array.from(received.matchAll(/^id: (.+)$/gm), ([, id]) => id ?? '').at(-1) ?? '',
});

test('live feed: a reader that reconnects, at any replica, receives what it missed, each event once and in order', async () => {
  await using stage = await openStage();
  const { gateway, nats } = stage;
  await using other = await startGateway(nats);
  const token = await tokenOf(tenantUser);
  const all = Array.from({ length: 60 }, () => voided('acme'));
  const publish = async (from: number, to: number) => {
    for (const event of all.slice(from, to)) {
      await publishEvent(nats, invoicing.invoiceVoided, [event, voided('globex')]);
      await publishEvent(nats, provisioning.sagaChanged, saga('acme'));
    }
  };
  const seen: string[] = [];
  let id = '';
  for (const [turn, replica] of [gateway, other, gateway, other].entries()) {
    const reader = await listen(replica, token, id === '' ? {} : { 'last-event-id': id });
    await publish(turn * 15, turn * 15 + 10);
    await eventually('the events arrive', () => reader.received.includes(all[turn * 15 + 9]?.invoice_id ?? ''));
    reader.leave();
    const { invoices, last } = idsIn(reader.received);
    seen.push(...invoices.map(String));
    id = last;
    await publish(turn * 15 + 10, turn * 15 + 15);
  }
  const reader = await listen(gateway, token, { 'last-event-id': id });
  await eventually('the last events arrive', () => reader.received.includes(all.at(-1)?.invoice_id ?? ''));
  seen.push(...idsIn(reader.received).invoices.map(String));
  expect(seen).toEqual(all.map(({ invoice_id }) => invoice_id));
  expect(reader.received).not.toMatch(/globex|saga|refetch/);
});

test('live feed: a gateway that starts again knows the last hour from the streams', async () => {
  await using stage = await openStage();
  const { nats } = stage;
  const token = await tokenOf(tenantUser);
  const missed = voided('acme');
  let id = '';
  {
    await using before = await startGateway(nats);
    const reader = await listen(before, token);
    id = idsIn(reader.received).last;
  }
  await publishEvent(nats, invoicing.invoiceVoided, missed);
  await using after = await startGateway(nats);
  const reader = await listen(after, token, { 'last-event-id': id });
  await eventually('the missed event arrives', () => reader.received.includes(missed.invoice_id));
});

test('live feed: a ninth gateway, which has no name left on a stream, answers 503 instead of a feed without events', async () => {
  await using nats = await throwawayNats();
  await using first = await startGateway(nats);
  const { jsm } = first.service.bus;
  for (let number = 2; number <= 8; number += 1)
    await jsm.consumers.add('INVOICING', {
      name: `gateway_replay_${number}`,
      ack_policy: 'none',
      mem_storage: true,
      inactive_threshold: 120_000_000_000,
    });
  await using ninth = await startGateway(nats);
  const token = await tokenOf(tenantUser);
  const refused = await ninth.send('/api/v1/events', { token, signal: AbortSignal.timeout(20_000) });
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
  expect((await problemIn(refused)).detail).toContain('does not follow the events yet');
  expect((await listen(first, token)).status).toBe(200);
});

test('live feed: a restart of nats-server loses no event and shows none twice', async () => {
  await using nats = await throwawayNats({ durable: true });
  await using gateway = await startGateway(nats);
  const token = await tokenOf(tenantUser);
  const reader = await listen(gateway, token);
  const all = Array.from({ length: 6 }, () => voided('acme'));
  for (const [turn, event] of all.entries()) {
    if (turn === 2 || turn === 4) {
      await nats.kill();
      await nats.start();
    }
    await publishEvent(nats, invoicing.invoiceVoided, event);
  }
  await eventually('the last event arrives', () => reader.received.includes(all.at(-1)?.invoice_id ?? ''));
  const { invoices } = idsIn(reader.received);
  expect(invoices).toEqual(all.map(({ invoice_id }) => invoice_id));
  expect(reader.received).not.toContain('refetch');
});

test('live feed: an id that was made up, or is of another feed, is answered with refetch and its reason, and the feed goes on', async () => {
  await using stage = await openStage();
  const token = await tokenOf(tenantUser);
  const genuine = idsIn((await listen(stage.gateway, token)).received).last;
  const [epoch = '', ...seqs] = genuine.split('.');
  const madeUp = [
    ...['x', '0', `${genuine}.1`, `AAAAAAAA.${seqs.join('.')}`, randomUUID()],
    `${epoch}.${seqs.map(() => 'zzzzz').join('.')}`,
    `${epoch}.${seqs.map(() => '-1').join('.')}`,
  ];
  for (const id of madeUp) {
    const reader = await listen(stage.gateway, token, { 'last-event-id': id });
    await eventually(`refetch answers ${id}`, () => reader.received.includes('event: refetch'));
    expect(reader.received).toContain('"reason":"unknown-id"');
    const next = voided('acme');
    await publishEvent(stage.nats, invoicing.invoiceVoided, next);
    await eventually('the next event arrives', () => reader.received.includes(next.invoice_id));
    reader.leave();
  }
});

test('live feed: a reader needs a token, and its feed ends when the token expires', async () => {
  await using stage = await openStage();
  expect((await stage.gateway.send('/api/v1/events', { token: null })).status).toBe(401);
  const ending = await tokenOf({ ...tenantUser, exp: Math.floor(Date.now() / 1000) + 1 });
  const reader = await listen(stage.gateway, ending);
  await eventually('the feed ends', () => reader.isOver);
});

test('live feed: sagas are for operators only, even those of a tenant', async () => {
  await using stage = await openStage();
  const { gateway, nats } = stage;
  await publishEvent(nats, provisioning.sagaChanged, saga('another'));
  await publishEvent(nats, invoicing.invoiceVoided, voided('another'));
  const [all, acme] = [
    await listen(gateway, await tokenOf(operator)),
    await listen(gateway, await tokenOf(tenantUser)),
  ];
  const [theirs, last] = [saga('acme'), voided('acme')];
  await publishEvent(nats, provisioning.sagaChanged, theirs);
  await eventually('the operator has received', () =>
    all.received.includes(`event: saga.changed\ndata: ${JSON.stringify(theirs)}`),
  );
  await publishEvent(nats, invoicing.invoiceVoided, last);
  await eventually('the tenant has received', () => acme.received.includes(last.invoice_id));
  expect(acme.received).not.toContain('saga');
});

test('live feed: the connection of a reader that does not read is closed and its queue is dropped', async () => {
  await using stage = await openStage();
  const { gateway, nats } = stage;
  await publishEvent(nats, invoicing.invoiceVoided, voided('another'));
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await tokenOf(operator)}\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  const reason = 'x'.repeat(100_000);
  const many = Array.from({ length: 700 }, () => ({ ...voided('acme'), reason }));
  await publishEvent(nats, invoicing.invoiceVoided, many);
  const reader = await listen(gateway, await tokenOf(operator));
  const last = voided('acme');
  await publishEvent(nats, invoicing.invoiceVoided, last);
  await eventually('another reader is served', () => reader.received.includes(last.invoice_id));
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  await once(socket.resume(), 'close');
  expect(received).toBeLessThan(many.length * reason.length);
});

test('live feed: HEAD requests take no place of a reader', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const token = await tokenOf(operator);
  for (let batch = 0; batch < 20; batch += 1) {
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => gateway.send('/api/v1/events', { method: 'HEAD', token })),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  }
  expect((await listen(gateway, token)).status).toBe(200);
});
