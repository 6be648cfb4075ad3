import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '@arcadia/platform';
import type { Pace } from '../domain/pace.ts';
import { processorUse } from './processor-use.ts';

/** How often a run that waits for slow receivers looks for what has become due meanwhile, in milliseconds. */
const lookAgainMs = 250;
/** What ends within this time after another attempt is recorded together with it, in milliseconds. */
const gatherMs = 50;

/** What is sent: its failpoints begin with `name`. */
export type Attempts<Claimed, Ended> = {
  name: 'webhook' | 'mail' | 'export';
  /** Attempts in progress in one run. */
  mostInProgress: number;
  /** How many attempts begin in a second. */
  pace: Pace;
  /** Claims deliveries that are due, at most `most`. */
  claim(most: number): Promise<Claimed[]>;
  attempt(claimed: Claimed): Promise<Ended>;
  /** Records attempts that have ended, in one transaction. */
  settle(ended: Ended[]): Promise<void>;
};

/** Claims what is due, attempts it side by side and records it in batches, until nothing is due. Nothing new is claimed after the signal. */
export async function runAttempts<Claimed, Ended>(
  { name, mostInProgress, pace, claim, attempt, settle }: Attempts<Claimed, Ended>,
  signal: AbortSignal,
): Promise<void> {
  const inProgress = new Set<Promise<void>>();
  let ended: Ended[] = [];
  for (;;) {
    pace.observe(processorUse(), performance.now());
    const free = signal.aborted ? 0 : pace.take(mostInProgress - inProgress.size, performance.now());
    if (free > 0) {
      const claimed = await claim(free);
      pace.giveBack(free - claimed.length);
      if (claimed.length > 0) await failpoint(`${name}.claimed`);
      for (const delivery of claimed) {
        const running = attempt(delivery).then((outcome) => {
          ended.push(outcome);
          inProgress.delete(running);
        });
        inProgress.add(running);
      }
    }
    if (inProgress.size === 0 && ended.length === 0) {
      if (signal.aborted || free > 0) return;
      await delay(pace.waitMs(performance.now()));
    }
    if (ended.length === 0 && inProgress.size > 0) await Promise.race([...inProgress, delay(lookAgainMs)]);
    if (ended.length > 0 && inProgress.size > 0) await Promise.race([Promise.all(inProgress), delay(gatherMs)]);
    const toRecord = ended;
    ended = [];
    if (toRecord.length === 0) continue;
    await failpoint(`${name}.sent`);
    await settle(toRecord);
  }
}
