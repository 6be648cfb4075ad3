import { connectBus, createLog } from '@arcadia/platform';
import { throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';

const users = [
  { name: 'shop', password: 'p', publish: ['ask.>'], subscribe: ['_INBOX.shop.>'] },
  { name: 'till', password: 'p', publish: ['_INBOX.>'], subscribe: ['ask.till.>'] },
];

async function openPair() {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await throwawayNats({ users }));
  const log = createLog({ name: 'test', level: 'silent' });
  const join = async (user: string) => {
    const bus = await connectBus({ servers: [nats.url], user, pass: 'p' }, { name: user, log });
    stack.defer(() => bus.close());
    return bus;
  };
  const [shop, till] = [await join('shop'), await join('till')];
  return { nats, shop, till, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('each of many requests at once gets its own reply, and what comes after its time is left alone', async () => {
  await using pair = await openPair();
  const late: (() => void)[] = [];
  pair.till.nc.subscribe('ask.till.*', {
    callback(_error, message) {
      if (message.subject === 'ask.till.echo') message.respond(message.data);
      else late.push(() => message.respond('late'));
    },
  });
  await pair.till.nc.flush();
  const texts = Array.from({ length: 500 }, (_, n) => `request ${n}`);
  const replies = texts.map((text) => pair.shop.request('ask.till.echo', text, { timeoutMs: 10_000 }));
  expect((await Promise.all(replies)).map((reply) => reply.string())).toEqual(texts);
  const slow = pair.shop.request('ask.till.slow', '', { timeoutMs: 50 });
  await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' });
  for (const reply of late) reply();
  const next = await pair.shop.request('ask.till.echo', 'next', { timeoutMs: 10_000 });
  expect(next.string()).toBe('next');
});

test('a request without an answering service, one that is refused and one whose connection breaks end at once', async () => {
  await using pair = await openPair();
  const request = (subject: string) => pair.shop.request(subject, '', { timeoutMs: 20_000 });
  const begun = performance.now();
  await expect(request('ask.till.absent')).rejects.toMatchObject({ name: 'NoResponders' });
  await expect(request('row.shop.forbidden')).rejects.toMatchObject({ name: 'PermissionViolationError' });
  pair.till.nc.subscribe('ask.till.silent', { callback: () => undefined });
  await pair.till.nc.flush();
  const waiting = request('ask.till.silent').then(String, String);
  await pair.shop.nc.flush();
  await pair.nats.kill();
  expect(await waiting).toContain('the connection to NATS was lost');
  expect(performance.now() - begun).toBeLessThan(10_000);
});
