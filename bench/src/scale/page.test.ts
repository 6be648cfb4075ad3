import { expect, test } from 'vitest';
import type { Measured } from './measured.ts';
import { pageOf } from './page.ts';
import { pictureOf } from './picture.ts';

const size = (resources: number, fields: Partial<Measured> = {}): Measured => ({
  ...{
    resources,
    facts: resources * 30,
    lines: resources / 5,
    at: '2026-05-01',
    observing_us_per_resource: 100,
    cores: 2,
    used_by_others: 0.02,
  },
  metering_process_us_per_fact: 3,
  ...{ metering_us_per_fact: 10, publishing_us_per_fact: 14, consuming_us_per_fact: 5, closing_us_per_fact: 0.5 },
  ...{ invoicing_us_per_line: 100, replay_us_per_fact: 8, usage_list_ms: 3, invoice_list_ms: 4 },
  ...{ reconciling_us_per_line: 40, differences_ms: 90, differences_longest_ms: 99 },
  ...{ database_bytes_per_fact: 300, wal_bytes_per_fact: 500, stream_bytes_per_fact: 120, memory_mb: 250 },
  ...fields,
});

test('a page of sizes whose cost stays flat gives the rule for sizing and the part that takes longest', () => {
  const page = pageOf([size(1_000, { metering_us_per_fact: 30 }), size(10_000), size(100_000)]);
  expect(page).toContain('each curve stays within a fifth');
  expect(page).toContain('A core meters 50,000 facts a second, with everything else on the same 2 cores.');
  expect(page).toContain('A million facts take 0.30 GB in Postgres');
  expect(page).toContain('metering takes the longest: 30.0 s');
});

test('a cost that grows with the account is named with the size at which it left the range', () => {
  const page = pageOf([size(10_000), size(100_000, { replay_us_per_fact: 16 })]);
  expect(page).toContain('replay, per fact (2.00 times at 100,000)');
});

test('a size that was measured on a busy machine makes the page inconclusive', () => {
  expect(pageOf([size(10_000)])).not.toContain('Inconclusive');
  const page = pageOf([size(1_000), size(10_000, { used_by_others: 0.6 })]);
  expect(page).toContain(
    '**Inconclusive:** other programs used more than 15 % of the processors while 10,000 resources',
  );
});

test('a size at which the differences come too late for the gateway is named', () => {
  expect(pageOf([size(10_000)])).not.toContain('the request fails');
  expect(pageOf([size(10_000), size(100_000, { differences_ms: 10_117 })])).toContain(
    'At 100,000 resources that takes\n10.1 s',
  );
});

test('a cost that was not measured at a size has no figure and no point there', () => {
  const { reconciling_us_per_line: _, ...month } = size(100_000);
  const all = [size(10_000), month as Measured];
  expect(pageOf(all)).toContain("reading and matching the provider's bill, µs per line | 40.0 | – |");
  expect(pageOf(all)).toContain('each curve stays within a fifth');
  expect(pictureOf(all).match(/<circle/g)).toHaveLength(17);
});

test('a page of one small size promises nothing about larger ones', () => {
  expect(pageOf([size(1_000)])).toContain('shows only how it begins');
});

test('the picture has a curve for each cost through each size, within its frame', () => {
  const picture = pictureOf([size(1_000), size(10_000), size(100_000, { closing_us_per_fact: 50 })]);
  expect(picture.match(/<polyline/g)).toHaveLength(9);
  expect(picture.match(/<circle/g)).toHaveLength(27);
  const heights = [...picture.matchAll(/cy="([\d.]+)"/g)].map(([, at]) => Number(at));
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(30);
});
