import { it } from 'vitest';
import { everyWriteWaits } from '../test/every-write.ts';

it(
  'every write of every saga waits at every refusal that passes, and fails at once at one that lasts',
  () => everyWriteWaits(() => [0, 1, 2, 3], { isWhole: true }),
  600_000,
);
