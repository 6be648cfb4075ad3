import { ensureServiceRoles } from '@arcadia/local-infrastructure';
import { service } from '@arcadia/metering';
import { connectBus, createLog, playedClock, startService } from '@arcadia/platform';
import { openObservationInsert } from './bare/observation-insert.ts';
import type { Bench } from './bench.ts';
import { fill, positionOf, reached } from './metering-pipeline.ts';
import { connectAsAdmin } from './service-database.ts';

const count = Number(process.env['BENCH_OBSERVATIONS'] ?? 60_000);
const roles = [{ role: 'metering', schema: 'metering', password: 'bench' }];

export const rebuild: Bench = {
  name: 'rebuild',
  unit: 'observations/s',
  summary: `the observations of metering from the stream into an empty database, after all ${count} had been consumed, against a bare insert (unnest, 10,000 a transaction)`,
  gate: { kind: 'at-least', gate: 0.5, aim: 0.6 },
  pairs: 5,
  async prepare(stage) {
    const log = createLog({ name: 'metering', level: 'fatal', destination: process.stderr });
    const clock = playedClock(Temporal.Instant.from('2026-05-01T00:00:00Z'));
    const [bareUrl = ''] = await ensureServiceRoles(stage.postgresUrl, roles, 'bare');
    const insert = await openObservationInsert(bareUrl);
    stage.defer(() => insert.close());
    let databases = 0;
    const begin = async () => {
      databases += 1;
      const [url = ''] = await ensureServiceRoles(stage.postgresUrl, roles, `bench_${databases}`);
      const admin = await connectAsAdmin(stage.postgresUrl, `bench_${databases}`);
      const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
      const starting = startService(service, { env, log, clock, scheduler: false });
      const handled = positionOf(admin, { schema: 'metering', consumer: 'inventory' });
      return { admin, starting, handled };
    };
    stage.progress(`publishing and consuming ${count} observations`);
    const live = await begin();
    const consuming = await live.starting;
    const bus = await connectBus({ servers: [stage.natsUrl] }, { name: 'bench', log });
    const last = (await fill(bus, 'resource.observed', 'ours', count)) - 1 + count;
    await bus.close();
    await reached(live.handled, last);
    await consuming.stop();
    await live.admin.end();
    /** Starts metering on an empty database and waits until it has handled all messages; timed from its first commit. */
    const rebuilt = async () => {
      const { admin, starting, handled } = await begin();
      const first = await reached(handled, 1);
      const end = await reached(handled, last);
      const running = await starting;
      const { rows } = await admin.query('SELECT count(*)::int AS count FROM metering.observations');
      await running.stop();
      await admin.end();
      if (rows[0].count !== count) throw new Error(`${count} observations became ${rows[0].count} rows`);
      if (end.seq === first.seq)
        throw new Error(`${count} observations are too few: they were there at the first look`);
      return { units: end.seq - first.seq, ms: end.at - first.at };
    };
    let inserts = 0;
    return {
      ours: rebuilt,
      async bare() {
        inserts += 1;
        return { units: count, ms: await insert.insert({ count, size: 10_000, run: `bare-${inserts}` }) };
      },
      async check() {
        const theirs = await insert.count();
        if (theirs !== inserts * count) throw new Error(`${inserts} inserts of ${count} became ${theirs} rows`);
      },
    };
  },
};
