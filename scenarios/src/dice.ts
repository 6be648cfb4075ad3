import { createHash } from 'node:crypto';

/** A random generator that gives the same numbers for the same seed on every machine. */
export const dice = (seed: number) => {
  let thrown = 0;
  const next = (): number => {
    thrown += 1;
    return createHash('sha256').update(`${seed}:${thrown}`).digest().readUInt32BE(0) / 2 ** 32;
  };
  const upTo = (count: number): number => Math.floor(next() * count);
  return {
    upTo,
    between: (low: number, high: number): number => low + upTo(high - low + 1),
    chance: (share: number): boolean => next() < share,
    pick: <Item>(items: readonly Item[]): Item => items[upTo(items.length)] as Item,
  };
};

export type Dice = ReturnType<typeof dice>;
