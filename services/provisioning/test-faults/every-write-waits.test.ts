import { it } from 'vitest';
import { everyWriteWaits } from '../test/every-write.ts';

// All sagas of a test share one token, and its 240 requests in a minute decide how long they take: two cells of each story at once.
it.each([
  [0, 1],
  [2, 3],
])(
  'every write of every saga waits at every refusal that passes: cells %i and %i of each story',
  (...cells) => everyWriteWaits(() => cells, { isWhole: false }),
  400_000,
);

it(
  'every write of every saga fails its saga at once at a refusal that lasts',
  () => everyWriteWaits((story) => [story % 4], { isWhole: true }),
  400_000,
);
