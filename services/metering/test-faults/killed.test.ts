import { daysOf, inventorySync, metering } from '@arcadia/contracts';
import {
  askService,
  eventually,
  publishEvent,
  publishedEvents,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { meterDay } from '../src/days/meter-day.ts';
import { service } from '../src/index.ts';
import { observation, operator } from '../test/stage.ts';
import { forkMetering } from './metering-process.ts';

const month = { first_day: '2026-04-01', last_day: '2026-04-30' };

test.each(['metering.before-commit=kill@7', 'metering.after-commit=kill@7', 'relay.after-publish=kill@2'])(
  'killed in the middle of a month (%s) and metered again, every fact is there once and as it would have been',
  async (failpoint) => {
    await using nats = await throwawayNats();
    await using database = await throwawayDatabase({ service: 'metering' });
    const droplets = ['d1', 'd2', 'd3'].map((name) => ({
      kind: 'droplet',
      name,
      at: '2026-03-31T12:00:00Z',
      revision: 1,
    }));
    const gone = { kind: 'droplet', name: 'd3', at: '2026-04-20T06:00:40Z', revision: 2, isPresent: false };
    {
      await using first = await startTestService(service, { nats, database });
      await publishEvent(nats, inventorySync.resourceObserved, [...droplets, gone].map(observation));
      await first.settled();
    }
    const doomed = forkMetering({ NATS_URL: nats.url, DATABASE_URL: database.url, ARCADIA_FAILPOINTS: failpoint });
    await doomed.ready;
    await askService(nats, metering.runMetering, month, { actor: operator });
    expect(await doomed.ended).toBe('SIGKILL');

    await using survivor = await startTestService(service, { nats, database });
    // Runs the jobs' work directly, without waiting for the minute in which the dead process still holds two leases.
    for (const day of daysOf('2026-04')) await meterDay(survivor.context, day);
    const facts = (await publishedEvents(database, metering.usageAccrued)).map(({ data }) => data);
    expect(facts.map(({ period_start }) => period_start.slice(0, 10)).toSorted()).toEqual(daysOf('2026-04'));
    for (const fact of facts) {
      expect(fact.revision).toBe(1);
      const day = fact.period_start.slice(0, 10);
      const third = day < '2026-04-20' ? ['86400'] : day === '2026-04-20' ? ['21640'] : [];
      expect(fact.lines.map((line) => line.unit_seconds).toSorted()).toEqual(['86400', '86400', ...third].toSorted());
    }
    await eventually('each is on the stream once', async () => {
      const { state } = await survivor.bus.jsm.streams.info('METERING');
      return state.messages === 30 ? true : null;
    });
  },
  120_000,
);
