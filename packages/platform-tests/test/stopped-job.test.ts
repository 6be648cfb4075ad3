import { once } from 'node:events';
import { forService } from '@arcadia/platform';
import { eventually, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';

const ran: string[] = [];
const { defineService, job } = forService<unknown, null>();
/** A job of which one run at a time is allowed over all replicas, and which ends well when the service stops. */
const sending = defineService({
  name: 'metering',
  schema: 'metering',
  config: () => null,
  migrations: {},
  publishes: [],
  consumes: [],
  answers: [],
  jobs: [
    job({
      name: 'send',
      input: z.object({ by: z.string() }),
      key: () => 'due',
      concurrency: 1,
      async run({ input, signal }) {
        ran.push(input.by);
        if (input.by === 'stopped') await once(signal, 'abort');
      },
    }),
  ],
});

test('a job that ends because its service stops is over: the next replica does the next job at once', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const stopped = await startTestService(sending, { nats, database });
  await stopped.context.transact((tx) => tx.enqueue('send', { by: 'stopped' }));
  await eventually('it runs', () => ran.length === 1);
  await stopped[Symbol.asyncDispose]();
  await using next = await startTestService(sending, { nats, database });
  await next.context.transact((tx) => tx.enqueue('send', { by: 'next' }));
  // Well within the ack wait of the queue, which is some 7 s.
  await eventually('the next one runs', () => ran.length === 2, { timeoutMs: 4_000 });
  expect(ran).toEqual(['stopped', 'next']);
});
