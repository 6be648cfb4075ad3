/** How many attempts may begin, so that no more than a number begin in a second. Times are in milliseconds, from any clock that never goes back. */
export type Pace = {
  /** How many may begin now: none, or at least a share that is worth a claim. */
  free(nowMs: number): number;
  /** Some have begun. */
  begin(count: number): void;
  /** How long until some may begin. */
  waitMs(nowMs: number): number;
};

/** The share of a second for which attempts may be saved up, and the part of it that is worth a claim. */
const savedSeconds = 0.25;
const worthClaiming = 0.8;

/** A pace of so many a second. */
export function paceOf(perSecond: number, startMs: number): Pace {
  const most = Math.max(1, perSecond * savedSeconds);
  const least = Math.max(1, most * worthClaiming);
  let saved = most;
  let atMs = startMs;
  const savedAt = (nowMs: number): number => Math.min(most, saved + ((nowMs - atMs) * perSecond) / 1_000);
  return {
    free(nowMs) {
      saved = savedAt(nowMs);
      atMs = nowMs;
      return saved >= least ? Math.floor(saved) : 0;
    },
    begin: (count) => {
      saved -= count;
    },
    waitMs: (nowMs) => Math.ceil(Math.max(0, ((least - savedAt(nowMs)) * 1_000) / perSecond)),
  };
}
