import { expect, test } from 'vitest';
import { invoiceWorkOf, workOf } from '../work.ts';
import { runningWork } from './running-work.ts';

const run = {
  service: 'invoicing' as const,
  job: 'prove-period',
  key: 'x',
  cause: 'x',
  state: 'running' as const,
  attempt: 1,
  progress: { tenants: 30, of: 40 },
  error: null,
  created_at: Temporal.Now.instant().subtract({ seconds: 30 }).toString(),
  finished_at: null,
};
const page = { name: 'period', about: '2026-04', path: '/periods/2026-04' } as const;

test('a job that reports how far it is has a bar, and the time that the rest will take', async () => {
  const text = String(await runningWork([workOf(run)], page));
  expect(text).toContain('Derives every invoice of the month again from the streams: 30 of 40');
  expect(text).toContain('<progress max="40" value="30"');
  expect(text).toMatch(/about (9|10|11) s left/);
  expect(text).toContain('data-feed="/work/period?about=2026-04"');
});

test('a part of the work that began later is judged by its own time', async () => {
  const replay = { ...run, job: 'replay-period', progress: { day: '2026-04-10', ms: 1_000 } };
  const text = String(await runningWork([workOf(replay)], page));
  expect(text).toContain('now 10 April 2026: 10 of 30');
  expect(text).toContain('about 2 s left');
});

test('the last moment of a work is written as less than a second, without another word for the estimate', async () => {
  const last = { ...run, created_at: Temporal.Now.instant().subtract({ milliseconds: 400 }).toString() };
  const text = String(await runningWork([workOf(last)], page));
  expect(text).toContain(', less than a second left');
});

test('a job without a measure has a bar without an end, and one that waits shows its error', async () => {
  const waiting = {
    ...run,
    job: 'sync-droplets',
    state: 'waiting' as const,
    progress: null,
    error: 'the provider answered 503',
  };
  const text = String(await runningWork([workOf(waiting)], page));
  expect(text).toContain('Sync droplets');
  expect(text).not.toContain('max=');
  expect(text).toContain('waits for attempt 2: the provider answered 503');
});

test('nothing is shown while nothing runs; a page that expects work looks again', async () => {
  expect(String(await runningWork([], page))).toBe('');
  expect(String(await runningWork([], { ...page, isExpected: true }))).toContain('data-read-again');
});

test('the invoices of a close have a bar by tenants, and the time left follows from the clock of the service alone', async () => {
  const counts = {
    tenants: 40,
    queued: 10,
    waiting: 2,
    failed: 1,
    started_at: '2026-05-01T03:00:00Z',
    last_finished_at: '2026-05-01T03:00:30Z',
  };
  const text = String(await runningWork([invoiceWorkOf(counts)], page));
  expect(text).toContain('Makes the invoices of the tenants: 30 of 40');
  expect(text).toContain('<progress max="40" value="30"');
  expect(text).toContain('about 10 s left; 2 tenants wait and 1 run failed');
});
