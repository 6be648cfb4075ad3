import { parseWorld } from '@arcadia/digitalocean-simulator';
import type { Api } from '@arcadia/gateway-client';
import { expect, test } from 'vitest';
import { perform } from './perform.ts';

test('prices of one kind and day in two currencies are set with two idempotency keys', async () => {
  const price = { kind: 'bandwidth_gb', effective_from: '2026-01-31T00:00:00Z', unit_price_cents: '2' };
  const world = parseWorld(
    JSON.stringify({
      period: '2026-04',
      platform: { catalog: { prices: [price, { ...price, currency: 'USD' }] } },
    }),
    'test.json',
  );
  const keys: (string | undefined)[] = [];
  const request = async (_contract: unknown, _input: unknown, key?: string) => void keys.push(key);
  const jobs = { run: async () => {}, sweep: async () => {} };
  const step = { at: Temporal.Instant.from(world.begins_at), action: { do: 'set-up' } } as const;
  await perform(step, 'play:0', { world, api: { request } as unknown as Api, jobs });
  expect(keys).toEqual(['play:0:price:bandwidth_gb:2026-01-31:AUD', 'play:0:price:bandwidth_gb:2026-01-31:USD']);
});
