import { billingIngest } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { worldWith } from './bills.ts';
import { operatorActor as actor, openStage } from './stage.ts';

test('billing-ingest: a pinned exchange rate is published, also without an invoice of its period', async () => {
  await using stage = await openStage({ world: worldWith([]) });
  const rates = [
    { period: '2026-04', from: 'USD', to: 'AUD', rate: '1.50' },
    { period: '2026-05', from: 'USD', to: 'AUD', rate: '1.6' },
  ];
  await askService(stage.nats, billingIngest.putFxRates, { rates }, { actor });
  await askService(
    stage.nats,
    billingIngest.putFxRates,
    { rates: [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.7' }] },
    { actor },
  );
  const published = await publishedEvents(stage.database, billingIngest.exchangeRatePinned);
  expect(published.map(({ data }) => [data.period, data.from, data.to, data.rate, data.source])).toEqual([
    ['2026-04', 'USD', 'AUD', '1.5', 'entered by hand'],
    ['2026-05', 'USD', 'AUD', '1.6', 'entered by hand'],
    ['2026-04', 'USD', 'AUD', '1.7', 'entered by hand'],
  ]);
});
