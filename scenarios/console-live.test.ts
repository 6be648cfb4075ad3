import { gateway, invoicing, provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acme, type ConsoleStage, openConsoleStage, operator, textOf } from './src/console-stage.ts';

let stage: ConsoleStage;
beforeAll(async () => {
  stage = await openConsoleStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The live feed of the console as a browser with this cookie receives it. */
const listen = async (cookie: string) => {
  const leaving = new AbortController();
  const response = await fetch(new URL('/live', stage.console.url), { headers: { cookie }, signal: leaving.signal });
  const state = { received: '', status: response.status, type: response.headers.get('content-type'), leaving };
  const decoder = new TextDecoder();
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) state.received += decoder.decode(chunk);
    } catch {
      // The reader has left.
    }
  })();
  return state;
};

test('a change is announced within a second to a page that follows it, and to no tenant whom it does not concern', async () => {
  const [all, own] = [await stage.signIn(operator), await stage.signIn(acme)];
  expect((await all.get('/sagas')).html).toContain('data-live="saga.changed"');
  const [operators, tenants] = [await listen(all.cookie), await listen(own.cookie)];
  expect([operators.status, operators.type]).toEqual([200, 'text/event-stream']);
  await eventually('both feeds begin', () => operators.received.includes(':') && tenants.received.includes(':'));
  const began = performance.now();
  const saga = await stage.stack.player.api.request(provisioning.startSaga, {
    kind: 'echo',
    inputs: { steps: ['echo'] },
  });
  await eventually('the operator’s feed has the saga', () => operators.received.includes(saga.saga_id));
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(operators.received).toContain('event: saga.changed');
  expect(tenants.received).not.toContain(saga.saga_id);
  operators.leaving.abort();
  tenants.leaving.abort();
  const away = await fetch(new URL('/live', stage.console.url), { redirect: 'manual' });
  expect(away.status).toBe(303);
});

test('work in progress shows what it does, how far it is and how long it will take, and each page is whole without scripts', async () => {
  const visitor = await stage.signIn(operator);
  await visitor.post('/periods/2026-04/prove', {});
  const { api } = stage.stack.player;
  await eventually('the proof ends', async () => {
    const { items } = await api.request(invoicing.listProofs, { period: '2026-04' });
    return items[0]?.status === 'proved';
  });
  const { items } = await api.request(gateway.listJobs, { service: 'invoicing', job: 'prove-period', limit: 5 });
  expect(items[0]).toMatchObject({ state: 'done', progress: { tenants: expect.any(Number), of: expect.any(Number) } });
  const page = await visitor.get('/periods/2026-04');
  expect([page.status, textOf(page.html)]).toEqual([200, expect.stringContaining('Proved')]);
  expect(page.html).not.toContain('Work in progress');
});
