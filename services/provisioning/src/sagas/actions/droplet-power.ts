import { StepFailure, type StepOutcome, type StepRun } from '../step.ts';
import { commandDroplet } from './droplet-command.ts';

type Target = { key: string; dropletId: string };

/** Shuts a droplet down; one that is still on after that is powered off. */
export async function switchOff(run: StepRun, { key, dropletId }: Target): Promise<StepOutcome> {
  const isOff = (droplet: { status: string }) => droplet.status === 'off';
  const shutdown = await commandDroplet(run, { key, dropletId, command: { type: 'shutdown' }, isSatisfied: isOff });
  if ('outcome' in shutdown) return shutdown.outcome;
  if (shutdown.isCarriedOut) return { done: {} };
  const powerOff = await commandDroplet(run, {
    // The key of the progress is stored with running sagas.
    key: `${key}_firmly`,
    dropletId,
    command: { type: 'power_off' },
    isSatisfied: isOff,
  });
  if ('outcome' in powerOff) return powerOff.outcome;
  if (!powerOff.isCarriedOut) {
    throw new StepFailure(`Droplet ${dropletId} is still on after it was shut down and powered off.`);
  }
  return { done: {} };
}

/** Powers a droplet on. */
export async function switchOn(run: StepRun, { key, dropletId }: Target): Promise<StepOutcome> {
  const result = await commandDroplet(run, {
    key,
    dropletId,
    command: { type: 'power_on' },
    isSatisfied: (droplet) => droplet.status === 'active',
  });
  if ('outcome' in result) return result.outcome;
  if (!result.isCarriedOut) throw new StepFailure(`Droplet ${dropletId} is still off after it was powered on.`);
  return { done: {} };
}
