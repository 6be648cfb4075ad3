import { commandDroplet } from './droplet-command.ts';
import { StepFailure, type StepOutcome, type StepRun } from './step.ts';

type Target = { key: string; dropletId: string };

/** Ask it to shut down, and when that changes nothing, cut the power. */
export async function switchOff(run: StepRun<unknown>, { key, dropletId }: Target): Promise<StepOutcome> {
  const isOff = (droplet: { status: string }) => droplet.status === 'off';
  const gently = await commandDroplet(run, { key, dropletId, command: { type: 'shutdown' }, isSatisfied: isOff });
  if ('outcome' in gently) return gently.outcome;
  if (gently.isCarriedOut) return { done: {} };
  const firmly = await commandDroplet(run, {
    key: `${key}_firmly`,
    dropletId,
    command: { type: 'power_off' },
    isSatisfied: isOff,
  });
  if ('outcome' in firmly) return firmly.outcome;
  if (!firmly.isCarriedOut) throw new StepFailure(`Droplet ${dropletId} stays on, whatever it is told.`);
  return { done: {} };
}

export async function switchOn(run: StepRun<unknown>, { key, dropletId }: Target): Promise<StepOutcome> {
  const result = await commandDroplet(run, {
    key,
    dropletId,
    command: { type: 'power_on' },
    isSatisfied: (droplet) => droplet.status === 'active',
  });
  if ('outcome' in result) return result.outcome;
  if (!result.isCarriedOut) throw new StepFailure(`Droplet ${dropletId} does not come on.`);
  return { done: {} };
}
