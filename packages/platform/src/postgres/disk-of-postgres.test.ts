import type { LogEvent } from 'kysely';
import { expect, test } from 'vitest';
import { watchDisk } from './disk-of-postgres.ts';

const failed = (code: string): LogEvent =>
  ({ level: 'error', error: Object.assign(new Error('could not extend file'), { code }) }) as unknown as LogEvent;

test('a full disk is named for two minutes after a statement was refused, and other errors are not', () => {
  let at = 0;
  const disk = watchDisk(() => at);
  disk.observe(failed('57P01'));
  expect(disk.fact(1_000)).toEqual({ ok: true, bytes: 1_000 });
  disk.observe(failed('53100'));
  expect(disk.fact(1_000)).toMatchObject({ ok: true, warning: expect.stringContaining('disk of Postgres is full') });
  at = 121_000;
  expect(disk.fact(1_000)).toEqual({ ok: true, bytes: 1_000 });
});

test('growth for each day is known after an hour', () => {
  let at = 0;
  const disk = watchDisk(() => at);
  expect(disk.fact(1_000)).not.toHaveProperty('bytes_per_day');
  at = 7_200_000;
  expect(disk.fact(1_500)).toMatchObject({ bytes_per_day: 6_000 });
});
