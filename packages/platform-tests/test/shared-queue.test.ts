import {
  busRights,
  connectBus,
  createLog,
  forService,
  installerRights,
  operatorRights,
  startInstaller,
  triggerJob,
} from '@arcadia/platform';
import { startTestService, testActorVariables, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';

type Tables = { ran: { job: string; at: string } };
const makers = forService<Tables, null>();
const jobNamed = (name: string, queue?: string) =>
  makers.job({
    name,
    ...(queue === undefined ? {} : { queue }),
    input: z.object({ at: z.string() }),
    key: ({ at }) => at,
    async run({ input }, ctx) {
      await sql`INSERT INTO ran (job, at) VALUES (${name}, ${input.at})`.execute(ctx.db);
    },
  });

/** Two jobs share a queue, one has its own. */
const working = makers.defineService({
  name: 'metering',
  schema: 'metering',
  config: () => null,
  migrations: {
    '0001-ran': { up: async (db) => void (await sql`CREATE TABLE ran (job text, at text)`.execute(db)) },
  },
  publishes: [],
  consumes: [],
  answers: [],
  jobs: [jobNamed('first', 'both'), jobNamed('second', 'both'), jobNamed('alone')],
});

const log = createLog({ name: 'test', level: 'silent' });
const login = (name: string) => ({ NATS_USER: name, NATS_PASSWORD: 'x', ...testActorVariables(name) });
const at = (hour: number) => Temporal.Instant.from(`2026-04-01T0${hour}:00:00Z`);

test('a queue of several jobs runs each of them once and no other, also where an earlier version has made its consumer', async () => {
  const users = [
    { name: 'metering', ...busRights(working as never) },
    { name: 'installer', ...installerRights },
    { name: 'operator', ...operatorRights },
  ].map((user) => ({ ...user, password: 'x' }));
  await using nats = await throwawayNats({ users });
  await using database = await throwawayDatabase({ service: 'metering' });
  const installer = await startInstaller({ env: { NATS_URL: nats.url, ...login('installer') }, log });
  const operator = await connectBus({ servers: [nats.url], user: 'operator', pass: 'x' }, { name: 'operator', log });
  try {
    const trigger = async (hour: number) => {
      for (const job of ['first', 'second', 'alone'])
        await triggerJob(operator, 'metering', job, { scheduledAt: at(hour), input: { at: at(hour).toString() } });
    };
    await operator.jsm.consumers.add('JOBS', {
      durable_name: 'metering_jobs_both',
      ack_policy: 'explicit',
      filter_subjects: ['job.metering.first', 'job.metering.second'],
    });
    await trigger(1);
    // The earlier version has done the first job; the second waits.
    const consumer = await operator.js.consumers.get('JOBS', 'metering_jobs_both');
    expect(await (await consumer.next({ expires: 5_000 }))?.ackAck()).toBe(true);

    await using service = await startTestService(working, { nats, database, env: login('metering') });
    await service.settled();
    await trigger(2);
    await service.settled();
    const ran = await sql<Tables['ran']>`SELECT job, at FROM ran ORDER BY at, job`.execute(service.context.db);
    expect(ran.rows.map((row) => `${row.job} ${row.at.slice(11, 13)}`)).toEqual([
      'alone 01',
      'second 01',
      'alone 02',
      'first 02',
      'second 02',
    ]);
    const { config } = await operator.jsm.consumers.info('JOBS', 'metering_jobs_both');
    expect([config.filter_subject, config.filter_subjects]).toEqual(['job.metering.>', undefined]);
  } finally {
    await operator.close();
    await installer.stop();
  }
});
