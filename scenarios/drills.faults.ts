import { type Step, timelineOf } from '@arcadia/app';
import { streams } from '@arcadia/contracts';
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

test('Postgres of all services goes back to yesterday while the streams are ahead: the month stays closed and invoiced as it was', async () => {
  await using rig = await openRig(world);
  await play(rig, 0, yesterday);
  const backup = await rig.database.snapshot();
  await rig.untilQuiet();
  await play(rig, yesterday, closing + 1);
  const numbers = await numbersOf(rig.database.adminUrl);
  expect(numbers.length).toBeGreaterThan(0);
  const starts = rig.replicas.map((replica) => replica.starts());

  await backup.setBack();
  await until('every process found its database behind the streams and was started again', async () =>
    rig.replicas.every((replica, index) => replica.isReady() && replica.starts() > (starts[index] ?? 0)),
  );
  await rig.untilQuiet();
  expect(await numbersOf(rig.database.adminUrl)).toEqual(numbers);
  expect(hasAlarm(rig, /the database is behind the streams, as after restoring a backup or a failover/)).toBe(true);
  expect(hasAlarm(rig, /the database holds again what the service had published/)).toBe(true);
  await play(rig, closing + 1, steps.length);
  expect(await askQuestions(rig)).toEqual([]);
  expect(await numbersOf(rig.database.adminUrl)).toEqual(numbers);
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
