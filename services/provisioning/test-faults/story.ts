import { provisioning } from '@arcadia/contracts';
import type { Saga, Stage, Traces } from './stage.ts';
import type { Fault } from './world.ts';

/** One run of a story: how the saga is started, what happens during it, and what must hold at its end. */
export type Performance = {
  start(): Promise<string>;
  /** An act of another person when the saga first reaches a point that begins with `at`. */
  meanwhile?: { at: string; act(sagaId: string): Promise<unknown> };
  verify(saga: Saga, traces: Traces): Promise<void>;
};

/** A saga that is killed at every point. */
export type Story = { name: string; faults?: Fault[]; prepare(stage: Stage): Promise<Performance> };

/** The inputs of a saga that provisions a droplet. */
export const worker = { name: 'worker', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };
/** The size to which the stories resize a droplet. */
export const bigger = 's-1vcpu-2gb';
export const untouched: Traces = { made: 0, left: [], gone: [] };

export const statusesOf = (saga: Saga) => saga.steps.map(({ status }) => status);
export const cancelled = { status: 'rolled_back', error: { reason: 'cancelled' } };
export const cancelAt = (stage: Stage, at: string) => ({
  at,
  act: (sagaId: string) => stage.reply(provisioning.cancelSaga, { saga_id: sagaId }),
});
export const stateOf = async (stage: Stage, deploymentId: string) =>
  (await stage.reply(provisioning.getDeployment, { deployment_id: deploymentId })).state;
export const statesOf = async (stage: Stage, deploymentId: string) => {
  const { items } = await stage.reply(provisioning.listDeploymentEvents, { deployment_id: deploymentId });
  return items.map(({ state }) => state).toReversed();
};
