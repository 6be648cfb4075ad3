import { z } from 'zod';
import { compareAll } from './compare.ts';
import { job } from './context.ts';

export const jobs = [
  job({
    name: 'sweep-drift',
    input: z.object({}),
    key: () => 'all',
    concurrency: 1,
    schedule: { cron: '20 * * * *', input: () => ({}), catchUp: 'newest' },
    run: compareAll,
  }),
];
