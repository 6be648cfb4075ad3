/** The words that differ from one by at most two letters, upper or lower case, the nearest first; three at most. */
export const nearWords = (word: string, known: readonly string[]): string[] =>
  known
    .map((other) => ({ other, apart: distance(word.toLowerCase(), other.toLowerCase()) }))
    .filter(({ apart }) => apart <= 2)
    .toSorted((a, b) => a.apart - b.apart || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other);

/** The near words as the end of a refusal, such as `; near it: bandwidth_gb`; empty where there are none. */
export const nearText = (word: string, known: readonly string[]): string => {
  const near = nearWords(word, known);
  return near.length === 0 ? '' : `; near it: ${near.join(', ')}`;
};

/** How many letters must be inserted, deleted or replaced to make one word of the other (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split('').entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};
