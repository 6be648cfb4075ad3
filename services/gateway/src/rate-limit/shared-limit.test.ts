import { expect, test } from 'vitest';
import { sharedLimit } from './shared-limit.ts';

/** A shared count of one minute, as Postgres keeps it. */
const countOf = (leftMs = 60_000) => {
  const used = new Map<string, number>();
  let takes = 0;
  return {
    takes: () => takes,
    take: async ({ key, wanted, limit }: { key: string; wanted: number; limit: number }) => {
      takes += 1;
      const before = used.get(key) ?? 0;
      const granted = Math.min(wanted, limit - before);
      used.set(key, before + granted);
      return { granted, remaining: limit - before - granted, leftMs };
    },
  };
};

const unexpected = (error: unknown): void => {
  throw error;
};

test('replicas of one count let exactly the limit pass, and ask for far fewer permissions than requests', async () => {
  const count = countOf();
  const replicas = Array.from({ length: 3 }, () => sharedLimit({ take: count.take, onAlone: unexpected }));
  const sent = replicas.flatMap((spend) => Array.from({ length: 500 }, () => spend({ key: 'ann', limit: 1_000 })));
  const spent = await Promise.all(sent);
  expect(spent.filter((one) => one.isAllowed).length).toBe(1_000);
  expect(count.takes()).toBeLessThan(150);
});

test('what one replica holds at the end of a limit is little', async () => {
  const count = countOf();
  const [busy, idle] = [1, 2].map(() => sharedLimit({ take: count.take, onAlone: unexpected }));
  await idle?.({ key: 'ann', limit: 100 });
  let allowed = 0;
  while ((await busy?.({ key: 'ann', limit: 100 }))?.isAllowed) allowed += 1;
  expect(allowed).toBeGreaterThanOrEqual(98);
});

test('a limit ends with its minute, and keys have limits of their own', async () => {
  let at = 0;
  const spend = sharedLimit({ take: countOf(1_500).take, onAlone: unexpected, now: () => at });
  expect(await spend({ key: 'ann', limit: 1 })).toEqual({ isAllowed: true, left: 0, seconds: 2 });
  expect(await spend({ key: 'ann', limit: 1 })).toMatchObject({ isAllowed: false, seconds: 2 });
  expect(await spend({ key: 'bob', limit: 1 })).toMatchObject({ isAllowed: true });
  at = 1_501;
  const fresh = sharedLimit({ take: countOf().take, onAlone: unexpected, now: () => at });
  expect(await fresh({ key: 'ann', limit: 1 })).toMatchObject({ isAllowed: true });
});

test('a replica that cannot reach the count, or waits too long, lets the limit pass by itself and reports it', async () => {
  const takes = [() => Promise.reject(new Error('Postgres is away')), () => new Promise<never>(() => {})];
  for (const take of takes) {
    const errors: unknown[] = [];
    const spend = sharedLimit({ take, onAlone: (error) => errors.push(error) });
    const spent = await Promise.all(Array.from({ length: 5 }, () => spend({ key: 'ann', limit: 3 })));
    expect(spent.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, false, false]);
    expect(errors).toHaveLength(1);
  }
});
