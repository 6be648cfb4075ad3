import { expect, it } from 'vitest';
import { endOfTurn } from './end-of-turn.ts';

it('what waits in one turn of the event loop goes on together, before anything that it causes', async () => {
  const done: string[] = [];
  const send = async (name: string, awaitedBefore: number) => {
    for (let times = 0; times < awaitedBefore; times += 1) await Promise.resolve();
    await endOfTurn();
    done.push(name);
    queueMicrotask(() => done.push(`written after ${name}`));
  };
  await Promise.all([send('a', 0), send('b', 3), send('c', 20)]);
  await Promise.resolve();
  expect(done.slice(0, 3)).toEqual(['a', 'b', 'c']);
  await send('d', 0);
  expect(done).toContain('d');
});
