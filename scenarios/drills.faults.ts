import { definitions, type Step, timelineOf } from '@arcadia/app';
import { isRefusal, rebuildRequest, republishLogRequest, streams } from '@arcadia/contracts';
import { sendRequest } from '@arcadia/platform';
import { readRows } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { askQuestions, numbersOf } from './src/faults/questions.ts';
import { openRig, type Rig, until } from './src/faults/rig.ts';
import { randomWorld } from './src/random-world.ts';

const world = randomWorld(11);
const steps = timelineOf(world);
const closing = steps.findIndex(({ action }) => action.do === 'close-period');
/** In the middle of the month: usage is metered, and nothing is closed. */
const yesterday = Math.floor(closing / 2);

const play = async (rig: Rig, from: number, to: number): Promise<void> => {
  for (const [index, step] of (steps as readonly Step[]).entries())
    if (index >= from && index < to) await rig.play(step, index);
};

/** Whether every process has been started again since now, but the gateway: of its database nothing is lost, because no command is sent. */
const startedAgain = ({ replicas }: Rig): (() => Promise<boolean>) => {
  const others = replicas.filter(({ name }) => name !== 'gateway');
  const before = others.map((replica) => replica.starts());
  return async () =>
    others.every((replica, index) => replica.isReady() && replica.starts() > (before[index] ?? 0)) &&
    replicas.every((replica) => replica.isReady());
};

const loseStreams = async ({ bus }: Rig): Promise<void> => {
  for (const stream of Object.keys(streams)) await bus.jsm.streams.delete(stream);
};

const streamsAreThere = ({ bus }: Rig): Promise<void> =>
  until('the installer has created every stream again', async () => {
    await Promise.all(Object.keys(streams).map((stream) => bus.jsm.streams.info(stream)));
    return true;
  });

const hasAlarm = (rig: Rig, sign: RegExp): boolean =>
  rig
    .log()
    .split('\n')
    .some((line) => line.includes('"alarm":true') && sign.test(line));

const setBackAlarm = /the database is behind the streams, as after restoring a backup or a failover/;

test('Postgres of all services goes back to yesterday while the streams are ahead: the month stays closed and invoiced as it was', async () => {
  await using rig = await openRig(world);
  await play(rig, 0, yesterday);
  const backup = await rig.database.snapshot();
  await rig.untilQuiet();
  await play(rig, yesterday, closing + 1);
  const numbers = await numbersOf(rig.database.adminUrl);
  expect(numbers.length).toBeGreaterThan(0);
  const again = startedAgain(rig);

  await backup.setBack();
  await until('every process found its database behind the streams and was started again', again);
  await rig.untilQuiet();
  expect(await numbersOf(rig.database.adminUrl)).toEqual(numbers);
  expect(hasAlarm(rig, setBackAlarm)).toBe(true);
  expect(hasAlarm(rig, /the database holds again what the service had published/)).toBe(true);
  await play(rig, closing + 1, steps.length);
  expect(await askQuestions(rig)).toEqual([]);
  expect(await numbersOf(rig.database.adminUrl)).toEqual(numbers);
});

test('the streams go back to yesterday while Postgres is ahead: what they lost is published again, and nothing twice', async () => {
  await using rig = await openRig(world);
  await play(rig, 0, yesterday);
  const copy = await rig.nats.snapshot();
  await rig.untilQuiet();
  await play(rig, yesterday, closing + 1);
  const numbers = await numbersOf(rig.database.adminUrl);
  expect(numbers.length).toBeGreaterThan(0);
  await copy.setBack();
  await play(rig, closing + 1, steps.length);
  expect(await askQuestions(rig)).toEqual([]);
  expect(await numbersOf(rig.database.adminUrl)).toEqual(numbers);
  expect(hasAlarm(rig, /a stream has lost messages that it had acknowledged/)).toBe(true);
  expect(hasAlarm(rig, /a consumer is ahead of its stream, which was rolled back/)).toBe(true);
  expect(hasAlarm(rig, setBackAlarm)).toBe(false);
});

test('every stream is lost while Postgres is ahead: each service publishes its log again', async () => {
  await using rig = await openRig(world);
  await play(rig, 0, closing + 1);
  const numbers = await numbersOf(rig.database.adminUrl);
  await loseStreams(rig);
  await streamsAreThere(rig);
  await play(rig, closing + 1, steps.length);
  expect(await askQuestions(rig)).toEqual([]);
  expect(await numbersOf(rig.database.adminUrl)).toEqual(numbers);
  expect(hasAlarm(rig, /a stream had vanished and was created again, empty/)).toBe(true);
  expect(hasAlarm(rig, /republishing from the events log/)).toBe(true);
  expect(hasAlarm(rig, setBackAlarm)).toBe(false);
});

test('both are lost but for a dump of the databases: the month goes on from it', async () => {
  await using rig = await openRig(world);
  await play(rig, 0, yesterday);
  const dump = await rig.database.snapshot();
  await rig.untilQuiet();
  await loseStreams(rig);
  await dump.setBack();
  await streamsAreThere(rig);
  await play(rig, yesterday, steps.length);
  expect(await askQuestions(rig)).toEqual([]);
});

/** The services with tables that consumers alone write; the others refuse. */
const rebuildable: readonly string[] = ['billing-ingest', 'drift', 'invoicing', 'metering', 'provisioning'];

const operator = { subject: 'operator', tenant_id: null, roles: ['platform_admin' as const] };

/** The rows of every table that consumers alone write. */
const rowsOf = async ({ database }: Rig): Promise<Record<string, string[]>> => {
  const rows: Record<string, string[]> = {};
  for (const { name, schema, projections = {} } of definitions) {
    for (const table of Object.values(projections).flat()) {
      const query = `SELECT to_jsonb(t)::text AS row FROM ${schema}.${table} t`;
      const found = await readRows<{ row: string }>({ url: database.adminUrl }, query);
      rows[`${name} ${table}`] = found.map(({ row }) => row).toSorted();
    }
  }
  return rows;
};

/** How many events each subject of each stream holds. */
const eventsOn = async ({ bus }: Rig): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const stream of Object.keys(streams)) {
    const { state } = await bus.jsm.streams.info(stream, { subjects_filter: '>' });
    for (const [subject, count] of Object.entries(state.subjects ?? {}))
      if (!/^(row|job|audit|dead)\./.test(subject)) counts[subject] = count;
  }
  return counts;
};

test('every service publishes its log again and rebuilds its tables, and every row, event and figure is as before', async () => {
  await using rig = await openRig(world);
  await play(rig, 0, steps.length);
  const before = { rows: await rowsOf(rig), events: await eventsOn(rig) };
  const rebuilt = definitions.filter(({ projections }) => projections !== undefined);
  expect(rebuilt.map(({ name }) => name).toSorted()).toEqual(rebuildable);

  for (const { name } of definitions) {
    const answer = await sendRequest(
      rig.bus,
      republishLogRequest(name),
      { force: false },
      { actor: operator, deadlineMs: 30_000 },
    );
    expect(isRefusal(answer)).toBe(false);
  }
  await rig.untilQuiet();
  expect({ rows: await rowsOf(rig), events: await eventsOn(rig) }).toEqual(before);

  const again = startedAgain(rig);
  for (const { name } of definitions) {
    const answer = await sendRequest(rig.bus, rebuildRequest(name), {}, { actor: operator, deadlineMs: 30_000 });
    expect({ name, isRefused: isRefusal(answer) }).toEqual({ name, isRefused: !rebuildable.includes(name) });
  }
  await until('every process has ended and runs again', again);
  await rig.untilQuiet();
  expect({ rows: await rowsOf(rig), events: await eventsOn(rig) }).toEqual(before);
  expect(await askQuestions(rig)).toEqual([]);
});
