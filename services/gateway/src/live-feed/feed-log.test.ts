import { expect, test } from 'vitest';
import { createFeedLog, placeOf, textOfPlace } from './feed-log.ts';

const start = Date.parse('2026-04-01T00:00:00Z');
const minute = 60_000;

/** A log of two streams that began empty, with a clock that a test moves. */
const openLog = (bytesAtMost = 1_000_000) => {
  const clock = { now: start };
  const log = createFeedLog(['DRIFT', 'INVOICING'], () => clock.now, bytesAtMost);
  log.start(0, { created: 'a', through: 0 });
  log.start(1, { created: 'b', through: 100 });
  const add = (stream: number, seq: number, at = clock.now) =>
    log.add(stream, { id: 'x', type: 'invoice.voided', seq, publishedMs: at, data: { tenant_id: 'acme', seq } });
  return { clock, log, add };
};

const seqsOf = (found: ReturnType<ReturnType<typeof createFeedLog>['since']>) =>
  typeof found === 'string' ? found : found.map(({ stream, seq }) => `${stream}/${seq}`);

test('what was published behind a place is merged by time, and each stream keeps its order', () => {
  const { log, add } = openLog();
  const before = log.end();
  add(1, 101, start + 5);
  add(0, 7, start + 3);
  add(1, 105, start + 4); // its clock was set back
  const between = log.end();
  add(0, 8, start + 9);
  expect(seqsOf(log.since(before))).toEqual(['0/7', '1/101', '1/105', '0/8']);
  expect(seqsOf(log.since(between))).toEqual(['0/8']);
  expect(seqsOf(log.since(log.end()))).toEqual([]);
});

test('events are forgotten after an hour, and a place before them is too old', () => {
  const { clock, log, add } = openLog();
  const before = log.end();
  add(1, 101);
  const behind = log.end();
  clock.now += 59 * minute;
  add(1, 102);
  expect(seqsOf(log.since(before))).toEqual(['1/101', '1/102']);
  clock.now += 2 * minute;
  expect(log.since(before)).toBe('too-old');
  expect(seqsOf(log.since(behind))).toEqual(['1/102']);
});

test('the memory of a log is bounded: the oldest events of all streams are forgotten first', () => {
  const { clock, log, add } = openLog(400);
  const before = log.end();
  for (let seq = 1; seq <= 50; seq += 1) {
    clock.now += 1;
    add(seq % 2, 100 + seq);
  }
  expect(log.since(before)).toBe('too-old');
  const known = log.since({ ...before, seqs: [140, 139] });
  expect(seqsOf(known)).toEqual([
    '1/141',
    '0/142',
    '1/143',
    '0/144',
    '1/145',
    '0/146',
    '1/147',
    '0/148',
    '1/149',
    '0/150',
  ]);
});

test('a stream that was created again begins a new feed', () => {
  const { log, add } = openLog();
  add(1, 101);
  const before = log.end();
  const received: unknown[] = [];
  log.listen((event) => received.push(event));
  log.start(1, { created: 'c', through: 0 });
  expect(received).toEqual(['restarted']);
  expect(log.since(before)).toBe('unknown-id');
  expect(log.end().seqs).toEqual([0, 0]);
});

test('an id is read back as it was written, and nothing else is an id', () => {
  const { log } = openLog();
  const text = textOfPlace(log.end());
  expect(placeOf(text, 2)).toEqual(log.end());
  const others = ['', '0', 'x.1.2', `${text}.0`, text.replace('.', '..'), `${text} `, `${text}A`, '-'.repeat(9)];
  expect(others.map((other) => placeOf(other, 2))).toEqual(others.map(() => null));
});
