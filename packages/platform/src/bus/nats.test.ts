import { expect, test } from 'vitest';
import { isAtLeast } from './nats.ts';

test('NATS server versions are compared as numbers, not as text', () => {
  expect(isAtLeast('2.9.10', [2, 10])).toBe(false);
  expect(isAtLeast('2.10.0', [2, 10])).toBe(true);
  expect(isAtLeast('2.12.1-RC.3', [2, 12])).toBe(true);
  expect(isAtLeast('3.0.0', [2, 12])).toBe(true);
});
