/** What follows from an attempt to put an object into a bucket. */
export type UploadJudgement = {
  outcome: 'delivered' | 'retry' | 'failed';
  /** When the next attempt is due, in milliseconds from now; null: none is. */
  nextInMs: number | null;
};

const minute = 60_000;
const first = minute;
const growth = 3;
const longest = 6 * 60 * minute;

/** Attempts of a run, the first one included: the last is made about a day after the first. */
export const mostUploadTries = 9;

/** The wait after a number of failed attempts: tripled each time, up to 6 hours, less or more by a fifth. `random` is in [0, 1). */
const backoffMs = (failures: number, random: number): number =>
  Math.round(Math.min(longest, first * growth ** (failures - 1)) * (0.8 + 0.4 * random));

/**
 * `tries` counts the attempts since the run was started or its export was changed, this one included. A wrong key or bucket is tried
 * again like anything else: its owner may mend it at the bucket, of which no notice arrives here.
 */
export const judgeUpload = (error: string | null, tries: number, random: number): UploadJudgement => {
  if (error === null) return { outcome: 'delivered', nextInMs: null };
  if (tries >= mostUploadTries) return { outcome: 'failed', nextInMs: null };
  return { outcome: 'retry', nextInMs: backoffMs(tries, random) };
};
