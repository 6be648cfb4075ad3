import type { Json } from '@arcadia/contracts';
import { z } from 'zod';
import type { DropletCommand, ProviderAction, ProviderDroplet } from '../../clients/provider.ts';
import { pollDelayMs } from '../../domain/sagas/saga.ts';
import { type RefusedForNow, refusedForNow } from '../failures.ts';
import { type SagaContext, StepFailure, type StepOutcome, type StepRun } from '../step.ts';

/** The progress of a command to a droplet, kept in the saga's context between turns. */
const progressInContext = z.object({
  /** Ids of the droplet's actions of this type from before the command: an action that is not among them is the command's. */
  before: z.array(z.string()),
  actionId: z.string().nullable(),
  polls: z.number(),
});

type Progress = z.output<typeof progressInContext>;

/**
 * Gives a droplet a command and waits until it is carried out. The provider's actions carry no tag, so the droplet's latest
 * actions are stored before the command is sent, in a turn of its own: after a crash, an action of this type that is not among
 * them is the one already started, and the command is not sent again.
 * @param given.key where the progress is kept in the context; unique within the saga
 * @param given.isSatisfied whether the droplet is as the command would leave it
 * @returns an outcome while the command is being carried out; then the droplet, and whether it is as wanted
 */
export async function commandDroplet(
  run: StepRun,
  given: {
    key: string;
    dropletId: string;
    command: DropletCommand;
    isSatisfied: (droplet: ProviderDroplet) => boolean | Promise<boolean>;
  },
): Promise<{ outcome: StepOutcome } | { droplet: ProviderDroplet; isCarriedOut: boolean }> {
  const droplet = await existingDroplet(run, given.dropletId);
  const progress = readProgress(run.context[given.key]);
  if (progress === null || progress.actionId === null) {
    if (!droplet.isLocked && (await given.isSatisfied(droplet))) return { droplet, isCarriedOut: true };
  }
  if (progress === null) {
    // Another action runs on the droplet; the provider would refuse a command now.
    if (droplet.isLocked)
      return { outcome: { wait: {}, afterMs: 1_000, because: `Another event runs on droplet ${given.dropletId}.` } };
    const earlier = (await run.provider.dropletActions(given.dropletId)).filter(
      ({ type }) => type === given.command.type,
    );
    return waiting(given.key, { before: earlier.map(({ id }) => id), actionId: null, polls: 0 }, 0);
  }
  const action = await currentAction(run, { ...given, progress });
  // Another event runs on the droplet. An action of this type that began in between is not the command's: look again first.
  if ('wait' in action) return { outcome: { ...action, wait: { [given.key]: null } } };
  if (action.status === 'errored') {
    throw new StepFailure(`The provider's action ${given.command.type} on droplet ${given.dropletId} failed.`);
  }
  if (action.status === 'in-progress') {
    return waiting(
      given.key,
      { ...progress, actionId: action.id, polls: progress.polls + 1 },
      pollDelayMs(progress.polls),
    );
  }
  const after = await existingDroplet(run, given.dropletId);
  return { droplet: after, isCarriedOut: await given.isSatisfied(after) };
}

/** A context without the progress of commands: a saga that is retried gives its commands anew. */
export const withoutProgress = (context: SagaContext): SagaContext =>
  Object.fromEntries(Object.entries(context).filter(([, value]) => !progressInContext.safeParse(value).success));

async function existingDroplet(run: StepRun, dropletId: string): Promise<ProviderDroplet> {
  const droplet = await run.provider.droplet(dropletId);
  if (droplet === null) throw new StepFailure(`Droplet ${dropletId} does not exist any more.`);
  return droplet;
}

async function currentAction(
  run: StepRun,
  given: { dropletId: string; command: DropletCommand; progress: Progress },
): Promise<ProviderAction | RefusedForNow> {
  const { dropletId, command, progress } = given;
  if (progress.actionId !== null) return run.provider.dropletAction(dropletId, progress.actionId);
  const started = (await run.provider.dropletActions(dropletId)).find(
    (action) => action.type === command.type && !progress.before.includes(action.id),
  );
  if (started !== undefined) return started;
  await run.guard();
  try {
    return await run.provider.startDropletAction(dropletId, command);
  } catch (error) {
    const refused = refusedForNow(error);
    if (refused === null) throw error;
    return refused;
  }
}

const waiting = (key: string, progress: Progress, afterMs: number): { outcome: StepOutcome } => ({
  outcome: { wait: { [key]: progress }, afterMs },
});

const readProgress = (value: Json | undefined): Progress | null => progressInContext.nullable().parse(value ?? null);
