import { expect, it } from 'vitest';
import { nearWords } from './near-words.ts';

it('a misspelt kind is near the kinds that differ by at most two letters, the nearest first', () => {
  const known = ['droplet_hours', 'dns_zones', 'bandwidth_gb', 'snapshot_gb_month'];
  expect(nearWords('droplet_hour', known)).toEqual(['droplet_hours']);
  expect(nearWords('dropletz_hourz', known)).toEqual(['droplet_hours']);
  expect(nearWords('gpu_hours', known)).toEqual([]);
  expect(nearWords('zone', ['zones', 'zone', 'tone'])).toEqual(['zone', 'tone', 'zones']);
});
