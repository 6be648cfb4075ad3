import { expect, test } from 'vitest';
import { parseConfig } from '../config.ts';
import { sharedPace } from './shared-pace.ts';

const config = () => parseConfig({ NOTIFICATIONS_KEY: 'a key of the tests with more than 32 characters' });

test('two runs of one service keep to one pace for each kind, and another service has its own', () => {
  const service = config();
  const first = sharedPace(service, { name: 'webhook', perSecond: 300 });
  expect(first.take(1_000, performance.now())).toBe(75);
  const second = sharedPace(service, { name: 'webhook', perSecond: 300 });
  expect(second.take(1_000, performance.now())).toBe(0);
  expect(sharedPace(service, { name: 'mail', perSecond: 300 }).take(1_000, performance.now())).toBe(75);
  expect(sharedPace(config(), { name: 'webhook', perSecond: 300 }).take(1_000, performance.now())).toBe(75);
});
