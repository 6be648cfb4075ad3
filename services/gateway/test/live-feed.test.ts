import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type EventData, invoicing, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { operator, type RunningGateway, startBoth, tenantUser, tokenOf } from './running-gateway.ts';

const voided = (tenant_id: string): EventData<typeof invoicing.invoiceVoided> => ({
  invoice_id: randomUUID(),
  tenant_id,
  period: '2026-04',
  number: 'INV-1',
  currency: 'AUD',
  total_cents: 1,
  deployment_ids: [],
  voided_at: '2026-05-02T00:00:00Z',
  reason: 'to be made again',
  replaced_by: null,
});

/** A reader of the feed: what it has heard so far, and whether it still listens. */
const listen = async (gateway: RunningGateway, token: string, headers: Record<string, string> = {}) => {
  const response = await gateway.send('/api/v1/events', { token, headers, signal: AbortSignal.timeout(20_000) });
  const state = { heard: '', isOver: false, status: response.status, type: response.headers.get('content-type') };
  const decoder = new TextDecoder();
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) state.heard += decoder.decode(chunk);
    } catch {
      // Cut off: it is over all the same.
    }
    state.isOver = true;
  })();
  await eventually('the feed begins', () => state.heard.includes(': listening'));
  return state;
};

test('an operator hears what every tenant hears of its own, and a tenant nothing else', async () => {
  await using both = await startBoth();
  const { gateway, nats } = both;
  // The stream is there before anybody listens to it.
  await publishEvent(nats, invoicing.invoiceVoided, voided('nobody'));
  const [all, acme] = [
    await listen(gateway, await tokenOf(operator)),
    await listen(gateway, await tokenOf(tenantUser)),
  ];
  expect(all).toMatchObject({ status: 200, type: 'text/event-stream' });
  const [theirs, own] = [voided('globex'), voided('acme')];
  const [, ownId] = await publishEvent(nats, invoicing.invoiceVoided, [theirs, own]);
  await eventually('both have heard', () => all.heard.includes(own.invoice_id) && acme.heard.includes(own.invoice_id));
  expect(all.heard).toContain(theirs.invoice_id);
  expect(acme.heard).toContain(`event: invoice.voided\ndata: ${JSON.stringify(own)}\nid: ${ownId}\n`);
  expect(acme.heard).not.toMatch(new RegExp(`globex|${theirs.invoice_id}`));
});

test('a reader that comes back is told to fetch what it missed', async () => {
  await using both = await startBoth();
  const reader = await listen(both.gateway, await tokenOf(tenantUser), { 'last-event-id': 'x' });
  await eventually('it is told', () => reader.heard.includes('event: refetch'));
});

test('a reader without a token hears nothing, and one with a token only as long as it is good', async () => {
  await using both = await startBoth();
  expect((await both.gateway.send('/api/v1/events', { token: null })).status).toBe(401);
  const ending = await tokenOf({ ...tenantUser, exp: Math.floor(Date.now() / 1000) + 1 });
  const reader = await listen(both.gateway, ending);
  await eventually('it is let go', () => reader.isOver);
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

test('what operators do is for operators, also when it is about a tenant', async () => {
  await using both = await startBoth();
  const { gateway, nats } = both;
  await publishEvent(nats, provisioning.sagaChanged, saga('nobody'));
  await publishEvent(nats, invoicing.invoiceVoided, voided('nobody'));
  const [all, acme] = [
    await listen(gateway, await tokenOf(operator)),
    await listen(gateway, await tokenOf(tenantUser)),
  ];
  const [theirs, last] = [saga('acme'), voided('acme')];
  await publishEvent(nats, provisioning.sagaChanged, theirs);
  await eventually('the operator has heard', () =>
    all.heard.includes(`event: saga.changed\ndata: ${JSON.stringify(theirs)}`),
  );
  await publishEvent(nats, invoicing.invoiceVoided, last);
  await eventually('the tenant has heard', () => acme.heard.includes(last.invoice_id));
  expect(acme.heard).not.toContain('saga');
});

test('a reader that does not read is cut off, and what it is behind with is dropped', async () => {
  await using both = await startBoth();
  const { gateway, nats } = both;
  await publishEvent(nats, invoicing.invoiceVoided, voided('nobody'));
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
  await eventually('another reader is served', () => reader.heard.includes(last.invoice_id));
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  await once(socket.resume(), 'close');
  expect(received).toBeLessThan(many.length * reason.length);
});
