import { expect, test } from 'vitest';
import { instantText } from './postgres.ts';

test('a Postgres timestamp becomes an RFC 3339 instant', () => {
  expect(instantText('2026-04-01 00:00:00+00')).toBe('2026-04-01T00:00:00Z');
  expect(instantText('2026-04-01 12:30:00.25+00')).toBe('2026-04-01T12:30:00.25Z');
  expect(instantText('infinity')).toBe('infinity');
});
