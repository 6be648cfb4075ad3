import { it } from 'vitest';
import { everyWriteWaits } from './every-write.ts';

/** All refusals of each write, and those that last, are tried in test-faults/. */
it(
  'every write of every saga waits while the provider refuses it for the present, and shows until when',
  () => everyWriteWaits((story) => [story % 4], { isWhole: false }),
  300_000,
);
