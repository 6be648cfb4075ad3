import { gateway } from '@arcadia/contracts';
import { publishInOrder } from '@arcadia/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConsoleStage, openConsoleStage, operator, textOf, type Visitor } from './src/console-stage.ts';

let stage: ConsoleStage;
let visitor: Visitor;
beforeAll(async () => {
  stage = await openConsoleStage();
  visitor = await stage.signIn(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

const metering = () => {
  const found = stage.stack.running.stack.services.find(({ name }) => name === 'metering');
  if (found === undefined) throw new Error('metering does not run');
  return found;
};

/** A dead letter as metering writes one, about the first message of the inventory. Returns its number. */
const parked = async (id: string): Promise<number> => {
  const { bus } = metering();
  const message = await bus.jsm.streams.getMessage('INVENTORY', { seq: 1 });
  if (message === null) throw new Error('the inventory has no message');
  const headers = { 'Nats-Msg-Id': message.header.get('Nats-Msg-Id') };
  const letter = {
    service: 'metering',
    consumer: 'inventory',
    fault: 'handler-failed',
    detail: 'Error: as a test',
    attempts: 5,
    parked_at: '2026-05-01T00:00:00Z',
    origin: { stream: 'INVENTORY', seq: 1, subject: message.subject, headers, payload: message.string() },
  };
  const subject = 'dead.metering.inventory';
  await publishInOrder(bus, 'DEAD', [{ subject, payload: JSON.stringify(letter), headers: { 'Nats-Msg-Id': id } }]);
  const { items } = await stage.stack.player.api.request(gateway.listDeadLetters, {});
  return items.at(-1)?.number ?? 0;
};

test('an operator requeues a dead letter: the owner of the stream publishes its message again, for one consumer', async () => {
  const { api } = stage.stack.player;
  const number = await parked('requeued');
  const page = await visitor.get('/system');
  expect(textOf(page.html)).toContain('inventory of metering');
  expect((await api.request(gateway.getDeadLetter, { number })).payload).toContain('provider');
  const { state } = await metering().bus.jsm.streams.info('INVENTORY');
  const done = await visitor.post(`/system/dead-letters/${number}/requeue`, {});
  expect(textOf(done.html)).toContain(`Dead letter ${number} is requeued`);
  const again = await metering().bus.jsm.streams.getMessage('INVENTORY', { seq: state.last_seq + 1 });
  expect(again?.header.get('arcadia-only-for')).toBe('metering/inventory');
  expect((await api.request(gateway.listDeadLetters, {})).items).toEqual([]);
  await expect(api.request(gateway.requeueDeadLetter, { number })).rejects.toMatchObject({ status: 404 });
});

test('an operator drops a dead letter, and its message is not published again', async () => {
  const { api } = stage.stack.player;
  const number = await parked('dismissed');
  const { state } = await metering().bus.jsm.streams.info('INVENTORY');
  const done = await visitor.post(`/system/dead-letters/${number}/dismiss`, {});
  expect(textOf(done.html)).toContain(`Dead letter ${number} is dismissed`);
  expect((await api.request(gateway.listDeadLetters, {})).items).toEqual([]);
  expect((await metering().bus.jsm.streams.info('INVENTORY')).state.last_seq).toBe(state.last_seq);
});

test('a page of dead letters continues after its last one', async () => {
  const { api } = stage.stack.player;
  const numbers = [await parked('first'), await parked('second'), await parked('third')];
  const all = await api.list(gateway.listDeadLetters, { limit: 2 });
  expect(all.map(({ number }) => number)).toEqual(numbers);
  expect(await api.list(gateway.listDeadLetters, { service: 'invoicing' })).toEqual([]);
});
