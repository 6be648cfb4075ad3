import { expect, test } from 'vitest';
import { factsHash, factsHashVersion, isFactsHash, linesHash, manifestHash } from './facts.ts';

const facts = [
  {
    deployment_id: '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60',
    period_start: '2026-04-02T00:00:00Z',
    granularity: 'daily',
    revision: 2,
    hash: 'b'.repeat(64),
  },
  {
    deployment_id: '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60',
    period_start: '2026-04-01T00:00:00Z',
    granularity: 'daily',
    revision: 1,
    hash: 'a'.repeat(64),
  },
];

test('the hash of each version is what closed months were published with', () => {
  expect(factsHash(facts, 1)).toBe('9e5f557a21e8bf36785c265c178536eb3461d3e1a050d196962420c80fbd9e10');
  expect(factsHash(facts, 2)).toBe('c75b7f3dc7599ac5f4b6d9d17526746d8a953a7b7e503c47051862f87a4feb6e');
  expect(factsHash(facts.toReversed())).toBe(factsHash(facts, factsHashVersion));
  expect(() => factsHash(facts, 3)).toThrow('version 3');
});

test('the hashes of lines and of a manifest are what facts and closes were published with', () => {
  const line = { resource_id: null, kind: 'tokens', unit_seconds: '1500.50', divisor: '1' };
  const sized = { ...line, kind: 'droplet_hours', divisor: '3600', dimension: 's-1vcpu-1gb' };
  expect(linesHash([line, sized])).toBe('c9c3502483e7066b4a3fd30a1a17acb7e67e1735688f0baa8be43a35cf07e6d5');
  expect(
    manifestHash([
      { tenant_id: 'b', facts: 1, hash: 'x' },
      { tenant_id: 'a', facts: 2, hash: 'y' },
    ]),
  ).toBe('2d1c093f972119e47c86fa98878d0d6b8265ed64dc2276390a69a109b0f1f780');
});

test('a close that names no version is of one of the first two; a version that this release does not know is not decided', () => {
  for (const version of [1, 2]) {
    const hash = factsHash(facts, version);
    expect(isFactsHash(facts, { hash, version })).toBe(true);
    expect(isFactsHash(facts, { hash, version: null })).toBe(true);
    expect(isFactsHash(facts, { hash, version: 3 - version })).toBe(false);
    expect(isFactsHash(facts, { hash, version: 3 })).toBeNull();
    expect(isFactsHash(facts.slice(1), { hash, version: null })).toBe(false);
  }
});
