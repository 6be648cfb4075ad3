import { type provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import type { Associated } from '../clients/provider.ts';
import { recordSpec } from '../record-spec.ts';
import { desiredStatesOfDeployment } from '../store/desired-states.ts';
import { setSagaState } from './deployment-state.ts';
import { commandDroplet } from './droplet-command.ts';
import { type Step, StepFailure, type StepRun } from './step.ts';
import type { WithDroplets } from './suspend.ts';
import { mustBeAllowedToWrite } from './writing.ts';

type Inputs = z.output<typeof provisioning.sagaInputs.offboard> & WithDroplets;
type Run = StepRun<Inputs>;
type Droplet = WithDroplets['droplets'][number];

const nothing: Associated = { volumes: [], snapshots: [], volumeSnapshots: [], reservedIps: [] };
const groups = ['volumes', 'snapshots', 'volumeSnapshots', 'reservedIps'] as const;

const chosenOf = ({ delete_with: chosen }: Inputs): Associated => ({
  volumes: chosen.volumes,
  snapshots: chosen.snapshots,
  volumeSnapshots: chosen.volume_snapshots,
  reservedIps: chosen.reserved_ips,
});

/** Of what was chosen, that which hangs on one droplet. */
function chosenOn(inputs: Inputs, associated: Associated): Associated {
  const chosen = chosenOf(inputs);
  const kept = groups.map((group) => [group, associated[group].filter((id) => chosen[group].includes(id))]);
  return { ...nothing, ...Object.fromEntries(kept) };
}

/** What is to be deleted must hang on one of the droplets: a mistyped id would otherwise be kept, and paid for, unnoticed. */
const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    if (run.inputs.droplets.length > 0) mustBeAllowedToWrite(run);
    const found = new Set<string>();
    for (const { provider_id: id } of run.inputs.droplets) {
      if ((await run.provider.droplet(id)) === null) continue;
      const associated = await run.provider.associatedWith(id);
      for (const group of groups) for (const one of associated[group]) found.add(`${group} ${one}`);
    }
    const chosen = chosenOf(run.inputs);
    const unknown = groups.flatMap((group) => chosen[group].filter((id) => !found.has(`${group} ${id}`)));
    if (unknown.length > 0) throw new StepFailure(`None of the droplets has ${unknown.join(', ')}.`);
    return { done: {} };
  },
};

/** The provider's answer to a snapshot does not name it, so its own name does, and it is found by that. */
const snapshotName = (run: Run, dropletId: string): string => `arcadia-final-${run.saga.id}-${dropletId}`;

async function findSnapshot(run: Run, dropletId: string) {
  const name = snapshotName(run, dropletId);
  return (await run.provider.dropletSnapshots(dropletId)).find((snapshot) => snapshot.name === name);
}

const finalSnapshot = ({ provider_id: id, name }: Droplet): Step<Inputs> => ({
  name: `snapshot:${name}`,
  deadlineMs: 60 * 60_000,
  async execute(run) {
    if ((await run.provider.droplet(id)) === null) return { done: {} };
    const result = await commandDroplet(run, {
      key: `snapshot:${id}`,
      dropletId: id,
      command: { type: 'snapshot', name: snapshotName(run, id) },
      isSatisfied: async () => (await findSnapshot(run, id)) !== undefined,
    });
    if ('outcome' in result) return result.outcome;
    if (!result.isCarriedOut) throw new StepFailure(`The final snapshot of droplet ${name} did not appear.`);
    return { done: { [`snapshot_of:${id}`]: (await findSnapshot(run, id))?.id ?? null } };
  },
  /** It would be paid for unnoticed. Of a droplet that is deleted it is all that is left, and stays. */
  async compensate(run) {
    if ((await run.provider.droplet(id)) === null) return { done: {} };
    const made = await findSnapshot(run, id);
    await run.guard();
    if (made !== undefined) await run.provider.deleteSnapshot(made.id);
    return { done: {} };
  },
});

/** Not undone by anything, so from the first on the saga goes through to its end. */
const remove = ({ provider_id: id, name }: Droplet): Step<Inputs> => ({
  name: `delete:${name}`,
  isIrrevocable: true,
  async execute(run) {
    if ((await run.provider.droplet(id)) === null) {
      const status = await run.provider.deletionStatus(id);
      if (status !== null && !status.isComplete) return { wait: {}, afterMs: 2_000 };
      if (status !== null && status.failures > 0) {
        throw new StepFailure(`Droplet ${name} is deleted, but ${status.failures} of what hung on it is not.`);
      }
      return { done: {} };
    }
    const selection = chosenOn(run.inputs, await run.provider.associatedWith(id));
    await run.guard();
    await run.provider.deleteDropletWith(id, selection);
    return { wait: {}, afterMs: 500 };
  },
});

const forget: Step<Inputs> = {
  name: 'forget-desired-states',
  async execute(run) {
    const { saga, now } = run;
    return {
      done: {},
      record: async (tx) => {
        for (const desired of await desiredStatesOfDeployment(tx.sql, saga.deploymentId ?? '')) {
          const { resource_id, provider, kind, provider_id } = desired;
          const resource = { resource_id, provider, kind, provider_id };
          const owner = { deployment_id: desired.deployment_id, tenant_id: desired.tenant_id };
          await recordSpec(tx, { resource, owner, spec: null, sagaId: saga.id, now });
        }
      },
    };
  },
};

export const offboardSteps = (inputs: Inputs): Step<Inputs>[] => [
  check,
  ...(inputs.final_snapshot ? inputs.droplets.map(finalSnapshot) : []),
  ...inputs.droplets.map(remove),
  forget,
  { name: 'archive', execute: async (run) => ({ done: {}, record: setSagaState(run, ['cancelled', 'archived']) }) },
];
