/** Remembers texts for a time. */
export type Seen = {
  /** True for a text that was not given within the time; it is remembered from now on. */
  isNew(text: string): boolean;
};

/** Texts of one generation; when it is full, the one before is forgotten early, so memory is bounded. */
const atMost = 50_000;

/** Remembers each text for at least `forMs` and at most twice as long, unless more than 50,000 arrive in that time. */
export function createSeen(forMs: number, now: () => number): Seen {
  let [present, former] = [new Set<string>(), new Set<string>()];
  let since = now();
  return {
    isNew(text) {
      if (now() - since > forMs || present.size >= atMost) {
        former = now() - since > 2 * forMs ? new Set() : present;
        present = new Set();
        since = now();
      }
      if (present.has(text) || former.has(text)) return false;
      present.add(text);
      return true;
    },
  };
}
