import path from 'node:path';
import { metering } from '@arcadia/contracts';
import { playedClock } from '@arcadia/platform';
import { askService, restoreOlder, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { granted, operator } from './stage.ts';

const folder = path.join(import.meta.dirname, 'older-databases');

/** Its commit did not meter NAT gateways. */
test.each(['2026-11-29-b7a38e6.json.gz'])(
  'metering: the database %s of an older commit gets the kinds that are new since, once and from today',
  async (file) => {
    await using database = await throwawayDatabase({ service: 'metering' });
    await using nats = await throwawayNats();
    await restoreOlder(service, database, path.join(folder, file));
    for (const at of ['2027-01-05T12:00:00Z', '2027-01-06T12:00:00Z']) {
      await using _running = await startTestService(service, {
        database,
        nats,
        clock: playedClock(Temporal.Instant.from(at)),
      });
      const { history } = granted(
        await askService(nats, metering.getMeteringConfig, { kind: 'nat_gateway_hours' }, { actor: operator }),
      );
      expect(history).toEqual([
        expect.objectContaining({ revision: 1, unit: 'hour', is_enabled: true, effective_from: '2027-01-05' }),
      ]);
    }
  },
);
