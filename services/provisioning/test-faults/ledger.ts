import { provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { expect } from 'vitest';
import type { Saga, Stage } from './stage.ts';

type Step = Saga['ledger'][number];

/**
 * Verifies what holds for every saga, however often its workers died: the ledger has each attempt with its outcome, each state
 * was published once, and a worker that died before it recorded its result left exactly one abandoned attempt.
 */
export async function verifyLedger(stage: Stage, saga: Saga, killedAt: string | null): Promise<void> {
  const last = await eventually('every state is published', async () => {
    const published = (await stage.publishedEvents(provisioning.sagaChanged)).filter(
      ({ saga_id }) => saga_id === saga.saga_id,
    );
    expect(published.map(({ revision }) => revision)).toEqual(published.map((_, index) => index + 1));
    return published.find(({ status }) => status === saga.status);
  });
  expect(last.steps).toEqual(saga.steps);
  for (const step of saga.ledger) verifyStep(step);
  const abandoned = saga.ledger.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === 'abandoned');
  // A worker that has settled a turn may have begun the next one before it dies.
  const possible = killedAt === null ? [0] : killedAt.endsWith('.settled') ? [0, 1] : [1];
  expect(possible, `abandoned attempts: ${JSON.stringify(abandoned)}`).toContain(abandoned.length);
}

function verifyStep(step: Step): void {
  const outcomes = (direction: 'forward' | 'backward') =>
    step.attempts.filter((attempt) => attempt.direction === direction).map(({ outcome }) => outcome);
  const [forward, backward] = [outcomes('forward'), outcomes('backward')];
  const isUndone = step.status === 'compensated';
  const compensation = isUndone ? 'completed' : step.compensation_error === null ? undefined : 'failed';
  expect([forward.at(-1), backward.at(-1)]).toEqual([ended[step.status], compensation]);
  for (const attempts of [forward, backward]) {
    for (const outcome of attempts.slice(0, -1)) expect(['failed', 'abandoned']).toContain(outcome);
  }
  for (const direction of ['forward', 'backward'] as const) {
    const tried = step.attempts.filter((attempt) => attempt.direction === direction);
    expect(tried.map(({ attempt }) => attempt)).toEqual(tried.map((_, index) => index + 1));
    expect(tried.every(({ replica, finished_at }) => replica !== '' && finished_at !== null)).toBe(true);
  }
}

/** The outcome of the last attempt forwards, by the status of the step. */
const ended: Readonly<Record<Step['status'], 'completed' | 'failed' | 'running' | undefined>> = {
  pending: undefined,
  running: 'running',
  completed: 'completed',
  compensated: 'completed',
  failed: 'failed',
};
