/** How long a thread has been on a processor, and how long it was ready and waited for one, in milliseconds. */
export type ProcessorUse = { usedMs: number; waitedMs: number };

/** How many attempts may begin, so that no more than a number begin in a second. Times are in milliseconds, from any clock that never goes back. */
export type Pace = {
  /** Takes as many as may begin now, at most `most`: none, unless there is a share of a second that is worth a claim. */
  take(most: number, nowMs: number): number;
  /** Gives back what was taken and did not begin. */
  giveBack(count: number): void;
  /** How long until some may begin. */
  waitMs(nowMs: number): number;
  /** Takes up the use of processors by this thread so far: while others keep it waiting for one, the pace falls. */
  observe(use: ProcessorUse, nowMs: number): void;
};

/** For how many seconds attempts may be saved up, and the part of them that is worth a claim. */
const savedSeconds = 0.25;
/**
 * The same at the least pace. A claim and a record of what ended cost as much for a few attempts as for many: beside others that want
 * the processors, few large batches cost half as much as many small ones.
 */
const savedSecondsAtLeast = 1;
const worthClaiming = 0.8;

/** How many begin in a second at least, however busy the processors are, so that nothing waits for ever. */
const leastPerSecond = 30;
/** How often the pace is set, in milliseconds, and after which time without an observation it begins anew. */
const setEveryMs = 100;
const forgottenAfterMs = 5_000;
/**
 * The part of its time at work that this thread may wait for a processor. Alone with its database and receivers on two processors it
 * waits a tenth to a third of it, beside a program that keeps both busy two thirds and more.
 */
const mostWaited = 0.4;
/** The time at work that a judgement needs, in milliseconds. */
const leastSeenMs = 1;
/** What remains of the pace when others want the processors, and with what it begins, because they may want them already. */
const fall = 0.3;
/** What part of the whole pace is added while others do not want the processors. */
const rise = 0.04;

/** A pace of so many a second at most, less while other programs want the processors. */
export function paceOf(perSecond: number, startMs: number): Pace {
  const least = Math.min(1, leastPerSecond / perSecond);
  let share = 1;
  let saved = Math.max(1, perSecond * savedSeconds);
  let atMs = startMs;
  let seen: (ProcessorUse & { atMs: number }) | null = null;
  const rate = () => perSecond * share;
  const most = () => Math.max(1, rate() * (share < 1 && share === least ? savedSecondsAtLeast : savedSeconds));
  const worth = () => Math.max(1, most() * worthClaiming);
  const savedAt = (nowMs: number): number => Math.min(most(), saved + ((nowMs - atMs) * rate()) / 1_000);
  const save = (nowMs: number): void => {
    saved = savedAt(nowMs);
    atMs = nowMs;
  };
  return {
    take(wanted, nowMs) {
      save(nowMs);
      const taken = saved >= worth() ? Math.min(Math.floor(saved), wanted) : 0;
      saved -= taken;
      return taken;
    },
    giveBack: (count) => {
      saved += count;
    },
    waitMs: (nowMs) => Math.ceil(Math.max(0, ((worth() - savedAt(nowMs)) * 1_000) / rate())),
    observe({ usedMs, waitedMs }, nowMs) {
      const sinceMs = seen === null ? Number.POSITIVE_INFINITY : nowMs - seen.atMs;
      if (sinceMs < setEveryMs) return;
      save(nowMs);
      if (seen === null || sinceMs > forgottenAfterMs) share = Math.max(least, fall);
      else {
        const waited = waitedMs - seen.waitedMs;
        const atWork = usedMs - seen.usedMs + waited;
        const isWanted = atWork >= leastSeenMs && waited > mostWaited * atWork;
        share = isWanted ? Math.max(least, share * fall) : Math.min(1, share + rise);
      }
      seen = { usedMs, waitedMs, atMs: nowMs };
    },
  };
}
