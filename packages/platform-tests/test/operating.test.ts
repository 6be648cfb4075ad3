import { isRefusal, jobListRequest, republishRequest, serviceStateRequest } from '@arcadia/contracts';
import { askService, eventually, publishEvent } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { orderPlaced, poison } from './echo-service.ts';
import { openStage, operator } from './stage.ts';

test('a service reports its outbox and its dead letters, and the owner of a stream publishes a message again for one consumer', async () => {
  await using stage = await openStage();
  await publishEvent(stage.nats, orderPlaced, { order: 'poison', revision: 1, amount: 1, lines: [] });
  const letter = await eventually(
    'the message is parked',
    async () => (await stage.till.context.deadLetters.list({ after: 0, limit: 10 }))[0],
  );
  expect(letter).toMatchObject({ service: 'invoicing', consumer: 'orders', fault: 'handler-failed' });
  const state = await askService(stage.nats, serviceStateRequest('invoicing'), {}, { actor: operator });
  expect(state).toMatchObject({ service: 'invoicing', status: 'not-ready', dead_letters: 1 });
  const facts = isRefusal(state) ? [] : state.facts;
  expect(facts.find(({ name }) => name === 'relay')).toMatchObject({ ok: true, waiting: 0 });

  const { stream, seq, headers } = letter.origin;
  const again = {
    stream,
    seq,
    message_id: headers['Nats-Msg-Id'] ?? '',
    for: 'invoicing/orders',
    letter: letter.number,
  };
  const other = { ...again, message_id: 'another' };
  expect(await askService(stage.nats, republishRequest('metering'), other, { actor: operator })).toMatchObject({
    refused: 'message-gone',
  });
  poison.isFixed = true;
  try {
    expect(await askService(stage.nats, republishRequest('metering'), again, { actor: operator })).toEqual({ seq });
    await expect.poll(async () => (await stage.bills()).map((bill) => bill.order_name)).toEqual(['poison']);
  } finally {
    poison.isFixed = false;
  }
});

test('the runs of jobs are listed with their state', async () => {
  await using stage = await openStage();
  await stage.shop.runJob('nightly', '2026-04-02T01:10:00Z');
  const answer = await askService(stage.nats, jobListRequest('metering'), { limit: 10 }, { actor: operator });
  expect(isRefusal(answer) ? [] : answer.items).toMatchObject([
    { service: 'metering', job: 'nightly', state: 'done', attempt: 1, error: null },
  ]);
});
