import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type EventData, invoicing, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { openStage, operator, type RunningGateway, tenantUser, tokenOf } from './stage.ts';

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

/** Opens the feed. Returns the text received so far, which grows, and whether the feed has ended. */
const listen = async (gateway: RunningGateway, token: string, headers: Record<string, string> = {}) => {
  const response = await gateway.send('/api/v1/events', { token, headers, signal: AbortSignal.timeout(20_000) });
  const state = { received: '', isOver: false, status: response.status, type: response.headers.get('content-type') };
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
  const [, ownId] = await publishEvent(nats, invoicing.invoiceVoided, [theirs, own]);
  await eventually(
    'both have received',
    () => all.received.includes(own.invoice_id) && acme.received.includes(own.invoice_id),
  );
  expect(all.received).toContain(theirs.invoice_id);
  expect(acme.received).toContain(`event: invoice.voided\ndata: ${JSON.stringify(own)}\nid: ${ownId}\n`);
  expect(acme.received).not.toMatch(new RegExp(`globex|${theirs.invoice_id}`));
});

test('live feed: a reader that reconnects first receives refetch', async () => {
  await using stage = await openStage();
  const reader = await listen(stage.gateway, await tokenOf(tenantUser), { 'last-event-id': 'x' });
  await eventually('refetch arrives', () => reader.received.includes('event: refetch'));
});

test('live feed: a reader needs a token, and its feed ends when the token expires', async () => {
  await using stage = await openStage();
  expect((await stage.gateway.send('/api/v1/events', { token: null })).status).toBe(401);
  const ending = await tokenOf({ ...tenantUser, exp: Math.floor(Date.now() / 1000) + 1 });
  const reader = await listen(stage.gateway, ending);
  await eventually('the feed ends', () => reader.isOver);
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
