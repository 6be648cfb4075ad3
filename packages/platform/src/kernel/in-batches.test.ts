import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inBatches } from './in-batches.ts';

function recorded(run: (items: readonly string[]) => Promise<readonly string[]>) {
  const batches: string[][] = [];
  const ask = inBatches<string, string>({
    most: 3,
    key: (item) => item.charAt(0),
    isForAll: (error) => error instanceof RangeError,
    async run(items) {
      batches.push([...items]);
      return await run(items);
    },
  });
  return { batches, ask };
}

test('what is asked for in one turn goes together, at most so many, and each gets its own result', async () => {
  const { batches, ask } = recorded(async (items) => items.map((item) => `${item}!`));
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(ask))).toEqual(['a!', 'b!', 'c!', 'd!']);
  expect(batches).toEqual([['a', 'b', 'c'], ['d']]);
});

test('two items with the same key never go together', async () => {
  const { batches, ask } = recorded(async (items) => items);
  expect(await Promise.all(['a1', 'a2', 'b1'].map(ask))).toEqual(['a1', 'a2', 'b1']);
  expect(batches).toEqual([['a1', 'b1'], ['a2']]);
});

test('items that come while a call is on its way wait for it and go together, but not for a call that hangs', async () => {
  const hangs = Promise.withResolvers<void>();
  const { batches, ask } = recorded(async (items) => {
    if (items.includes('a')) await hangs.promise;
    else await delay(10);
    return items;
  });
  const first = ask('a');
  await delay(5);
  const others = Promise.all([ask('b'), delay(10).then(() => ask('c'))]);
  expect(await others).toEqual(['b', 'c']);
  expect(batches).toEqual([['a'], ['b', 'c']]);
  hangs.resolve();
  expect(await first).toBe('a');
});

test('an item that fails fails by itself; an error of all is an error of each, and is not repeated', async () => {
  const { batches, ask } = recorded(async (items) => {
    if (items.includes('b')) throw new Error('b is bad');
    if (items.includes('e')) throw new RangeError('nothing answers');
    return items;
  });
  expect(await Promise.allSettled(['a', 'b', 'c'].map(ask))).toMatchObject([
    { value: 'a' },
    { reason: { message: 'b is bad' } },
    { value: 'c' },
  ]);
  expect(batches).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
  batches.length = 0;
  expect((await Promise.allSettled(['d', 'e'].map(ask))).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(batches).toEqual([['d', 'e']]);
});
