import { defineRequest } from '@arcadia/contracts';
import { MsgHdrsImpl } from '@nats-io/nats-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readReply } from './read-reply.ts';

const contract = defineRequest({
  name: 'things.get',
  service: 'metering',
  summary: 'Get a thing.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({}),
  output: z.object({ n: z.int() }),
  refusals: ['not-found'],
});

const replyOf = (outcome: string | null, text: string) => ({
  headers: MsgHdrsImpl.fromRecord(outcome === null ? {} : { 'arcadia-outcome': [outcome] }),
  json: <T>() => JSON.parse(text) as T,
});

test('an answer has the fields of its contract alone, and a refusal has a word and a detail, also one of a newer version', () => {
  expect(readReply(contract, replyOf('answer', '{"n":1,"secret":2}'), 'answer')).toEqual({ n: 1 });
  for (const refused of ['not-found', 'forbidden', 'of-a-newer-version']) {
    const refusal = { refused, detail: 'why', id: 7 };
    expect(readReply(contract, replyOf('refusal', JSON.stringify(refusal)), 'answer')).toEqual(refusal);
  }
});

const broken: [string, string | null, string, string][] = [
  ['an acknowledgement of a stream', null, '{"stream":"EVIL","seq":1}', 'its outcome is ""'],
  ['another shape', 'answer', '{"stream":"EVIL","seq":1}', 'n: '],
  ['a refusal as an answer', 'answer', '{"refused":"not-found","detail":"why"}', 'n: '],
  ['an answer as a refusal', 'refusal', '{"n":1}', 'its refusal has no word'],
  ['a refusal with a text for its word', 'refusal', '{"refused":"<b>No!","detail":"why"}', 'its refusal has no word'],
  ['a refusal without a detail', 'refusal', '{"refused":"not-found"}', 'its refusal has no word'],
  ['a file', 'stream', '{"n":1}', 'its outcome is "stream"'],
  ['no JSON', 'answer', 'n=1', 'it is not JSON'],
  ['nothing', 'answer', '', 'it is not JSON'],
];
test.each(broken)('%s is no answer', (_, outcome, text, fault) => {
  expect(() => readReply(contract, replyOf(outcome, text), 'answer')).toThrow(
    `the reply of metering to things.get breaks its contract: ${fault}`,
  );
});
