import { provisioning } from '@arcadia/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { stepsOf } from '../src/sagas/registry.ts';
import { traitsOf } from '../src/sagas/step.ts';
import { verifyLedger } from './ledger.ts';
import { leaseMs, openStage, type Saga, type Stage } from './stage.ts';
import { stories } from './stories.ts';
import type { Story } from './story.ts';

type KillPoint = { point: string; nth: number };

/** Figures for the summary: the points at which a replica was killed, and the milliseconds until another took over. */
const summary = { points: 0, takeovers: [] as number[], startedAt: Date.now() };
const covered = new Set<string>();
const known = new Map<string, boolean>();

const report = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a story once, killing the replica that comes to a point for the nth time. */
async function runOnce(stage: Stage, story: Story, kill: KillPoint | null): Promise<{ saga: Saga; seen: string[] }> {
  const { start, meanwhile, verify } = await story.prepare(stage);
  const sagaId = Promise.withResolvers<string>();
  const seen: string[] = [];
  let isMeanwhile = false;
  let killedAt: number | null = null;
  let takenOverAt: number | null = null;
  const { saga, ...traces } = await stage.run(
    async () => {
      const id = await start();
      sagaId.resolve(id);
      return id;
    },
    async (point) => {
      seen.push(point);
      if (killedAt !== null) takenOverAt ??= Date.now();
      if (!isMeanwhile && meanwhile !== undefined && point.startsWith(meanwhile.at)) {
        isMeanwhile = true;
        await meanwhile.act(await sagaId.promise);
      }
      if (killedAt !== null || point !== kill?.point) return 'continue';
      if (seen.filter((other) => other === point).length !== kill.nth) return 'continue';
      killedAt = Date.now();
      return 'kill';
    },
  );
  await verify(saga, traces);
  await verifyLedger(stage, saga, kill?.point ?? null);
  if (kill !== null && killedAt === null)
    throw new Error('the run did not reach the point at which it was to be killed');
  if (killedAt !== null && takenOverAt !== null) summary.takeovers.push(takenOverAt - killedAt);
  return { saga, seen };
}

/** Every point that a run without a kill reaches, each time it does. */
async function killPoints(stage: Stage, story: Story): Promise<KillPoint[]> {
  const { saga, seen } = await runOnce(stage, story, null);
  const steps = stepsOf(saga.kind, saga.inputs) ?? [];
  for (const { name, canCompensate } of traitsOf(steps)) known.set(`${saga.kind} ${sortOf(name)}`, canCompensate);
  for (const point of seen) {
    const [, , index, direction, when] = point.split('.');
    covered.add(`${saga.kind} ${sortOf(steps[Number(index)]?.name ?? '')} ${direction} ${when}`);
  }
  return seen.map((point, index) => ({
    point,
    nth: seen.slice(0, index + 1).filter((other) => other === point).length,
  }));
}

/** Steps that differ only by their droplet are of one sort. */
const sortOf = (step: string): string => step.split(':')[0] ?? step;

describe.concurrent('provisioning: a replica killed at any point of a saga is replaced, and nothing is done twice:', () => {
  for (const story of stories) {
    it(`${story.name}`, { timeout: 3_600_000 }, async () => {
      await using stage = await openStage(story.faults);
      const points = await killPoints(stage, story);
      report(`${story.name}: ${points.length} kill points`);
      for (const [index, kill] of points.entries()) {
        try {
          await runOnce(stage, story, kill);
        } catch (cause) {
          throw new Error(`${story.name}, killed at ${kill.point} for the ${kill.nth}. time`, { cause });
        }
        summary.points += 1;
        if ((index + 1) % 10 === 0) report(`${story.name}: ${index + 1} of ${points.length}`);
      }
    });
  }
});

it('provisioning: every step of every saga was killed before its call, after it, and after its commit, forwards and backwards', () => {
  const kinds = new Set([...known.keys()].map((step) => step.split(' ')[0]));
  expect([...kinds].toSorted()).toEqual([...provisioning.sagaKind.options].toSorted());
  const ways = [...known].flatMap(([step, canCompensate]) =>
    (canCompensate ? ['forward', 'backward'] : ['forward']).flatMap((direction) =>
      ['claimed', 'acted', 'settled'].map((when) => `${step} ${direction} ${when}`),
    ),
  );
  expect(ways.filter((way) => !covered.has(way))).toEqual([]);
});

afterAll(() => {
  const minutes = ((Date.now() - summary.startedAt) / 60_000).toFixed(1);
  const longest = (Math.max(0, ...summary.takeovers) / 1_000).toFixed(1);
  report(
    `sagas: killed at ${summary.points} points of ${known.size} steps in ${minutes} min, continued after at most ${longest} s (lease ${leaseMs / 1_000} s)`,
  );
});
