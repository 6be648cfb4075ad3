import { type Json } from '@arcadia/contracts';
import type { DropletCommand, ProviderAction, ProviderDroplet } from '../clients/provider.ts';
import { pollDelayMs } from '../domain/saga.ts';
import { StepFailure, type StepOutcome, type StepRun } from './step.ts';

/** How far a command to a droplet has come; kept in the saga's context between turns. */
type Progress = {
  /** The droplet's actions of this type before ours: one that is not among them is ours. */
  before: string[];
  actionId: string | null;
  polls: number;
};

/**
 * Give one droplet one command and wait until it is carried out. Actions carry no tag, so before the command is given the
 * droplet's latest actions are written down, in a turn of its own: after a crash one of this type that was not among them
 * is the one already started, and it is not started again.
 * @param key where the progress is kept in the context; unique within the saga
 * @param isSatisfied whether the droplet is as the command would leave it
 * @returns null when the droplet is as wanted, else how long to wait and what to remember
 */
export async function commandDroplet(
  run: StepRun<unknown>,
  given: {
    key: string;
    dropletId: string;
    command: DropletCommand;
    isSatisfied: (droplet: ProviderDroplet) => boolean | Promise<boolean>;
  },
): Promise<{ outcome: StepOutcome } | { droplet: ProviderDroplet; isCarriedOut: boolean }> {
  const droplet = await run.provider.droplet(given.dropletId);
  if (droplet === null) throw new StepFailure(`Droplet ${given.dropletId} is no longer there.`);
  const progress = readProgress(run.context[given.key]);
  if (progress === null || progress.actionId === null) {
    if (!droplet.isLocked && (await given.isSatisfied(droplet))) return { droplet, isCarriedOut: true };
  }
  if (progress === null) {
    // Something else is being done to it; what would be asked now would be refused.
    if (droplet.isLocked) return { outcome: { wait: {}, afterMs: 1_000 } };
    const earlier = (await run.provider.dropletActions(given.dropletId)).filter(
      ({ type }) => type === given.command.type,
    );
    return waiting(given.key, { before: earlier.map(({ id }) => id), actionId: null, polls: 0 }, 0);
  }
  const action = await currentAction(run, { ...given, progress });
  if (action.status === 'errored')
    throw new StepFailure(`The provider could not ${given.command.type} droplet ${given.dropletId}.`);
  if (action.status === 'in-progress') {
    return waiting(
      given.key,
      { ...progress, actionId: action.id, polls: progress.polls + 1 },
      pollDelayMs(progress.polls),
    );
  }
  const after = await run.provider.droplet(given.dropletId);
  if (after === null) throw new StepFailure(`Droplet ${given.dropletId} is no longer there.`);
  return { droplet: after, isCarriedOut: await given.isSatisfied(after) };
}

async function currentAction(
  run: StepRun<unknown>,
  given: { dropletId: string; command: DropletCommand; progress: Progress },
): Promise<ProviderAction> {
  const { dropletId, command, progress } = given;
  if (progress.actionId !== null) return run.provider.dropletAction(dropletId, progress.actionId);
  const started = (await run.provider.dropletActions(dropletId)).find(
    (action) => action.type === command.type && !progress.before.includes(action.id),
  );
  if (started !== undefined) return started;
  await run.guard();
  return run.provider.startDropletAction(dropletId, command);
}

const waiting = (key: string, progress: Progress, afterMs: number): { outcome: StepOutcome } => ({
  outcome: { wait: { [key]: progress as unknown as Json }, afterMs },
});

function readProgress(value: Json | undefined): Progress | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  return value as unknown as Progress;
}
