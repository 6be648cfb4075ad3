import { isRefusal, provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import type { Associated } from '../../clients/provider.ts';
import { finalSnapshotName } from '../../domain/sagas/saga.ts';
import { recordSpec } from '../../specs/record-spec.ts';
import { recordOffboarded } from '../../store/left-behind/left-behind.ts';
import { dropletsOfDeployment } from '../../store/resources/deployment-droplets.ts';
import { desiredStatesOfDeployment } from '../../store/specs/desired-states.ts';
import {
  confirmedDeployment,
  type NamedDroplet,
  named,
  preparedFor,
  transitionImpossible,
  withDroplets,
} from '../actions/deployment-droplets.ts';
import { commandDroplet } from '../actions/droplet-command.ts';
import { moveDeployment } from '../actions/move-deployment.ts';
import { assertMayWrite } from '../actions/write-permission.ts';
import { defineSaga } from '../define-saga.ts';
import { destroyedIn, type Step, StepFailure, type StepRun } from '../step.ts';

const stored = provisioning.sagaInputs.offboard.extend(withDroplets);
type Inputs = z.output<typeof stored>;
type Run = StepRun<Inputs>;

/** Deletes the droplets of a deployment with the associated resources that were chosen, and archives the deployment. */
export const offboard = defineSaga({
  kind: 'offboard',
  inputs: provisioning.sagaInputs.offboard,
  stored,
  async prepare(db, inputs) {
    const deployment = await confirmedDeployment(db, inputs);
    if (isRefusal(deployment)) return deployment;
    if (deployment.state === 'archived') return transitionImpossible(deployment, 'cancelled');
    const droplets = named(await dropletsOfDeployment(db, deployment.deployment_id));
    return preparedFor(deployment, { ...inputs, droplets });
  },
  steps: ({ droplets, final_snapshot }) => [
    check,
    ...(final_snapshot ? droplets.map(finalSnapshot) : []),
    ...droplets.map(deleteDroplet),
    forgetDesiredStates,
    moveDeployment('archive', ['cancelled', 'archived']),
  ],
});

const nothing: Associated = { volumes: [], snapshots: [], volumeSnapshots: [], reservedIps: [] };
const groups = ['volumes', 'snapshots', 'volumeSnapshots', 'reservedIps'] as const;

const chosenOf = ({ delete_with: chosen }: Inputs): Associated => ({
  volumes: chosen.volumes,
  snapshots: chosen.snapshots,
  volumeSnapshots: chosen.volume_snapshots,
  reservedIps: chosen.reserved_ips,
});

const singular = {
  volumes: 'volume',
  snapshots: 'snapshot',
  volumeSnapshots: 'volume snapshot',
  reservedIps: 'reserved IP',
} as const;

const namesOf = (selection: Associated): string[] =>
  groups.flatMap((group) => selection[group].map((id) => `${singular[group]} ${id}`));

/** The chosen resources that are associated with one droplet. */
function chosenOn(inputs: Inputs, associated: Associated): Associated {
  const chosen = chosenOf(inputs);
  const kept = groups.map((group) => [group, associated[group].filter((id) => chosen[group].includes(id))]);
  return { ...nothing, ...Object.fromEntries(kept) };
}

/** Every chosen id must be associated with a droplet: a resource whose id was mistyped would be kept, and billed, unnoticed. */
const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    if (run.inputs.droplets.length > 0) assertMayWrite(run);
    const found = new Set<string>();
    for (const { provider_id: id } of run.inputs.droplets) {
      if ((await run.provider.droplet(id)) === null) continue;
      const associated = await run.provider.associatedWith(id);
      for (const group of groups) for (const one of associated[group]) found.add(`${group} ${one}`);
    }
    const chosen = chosenOf(run.inputs);
    const unknown = groups.flatMap((group) => chosen[group].filter((id) => !found.has(`${group} ${id}`)));
    if (unknown.length > 0)
      throw new StepFailure(
        `delete_with names ${unknown.join(', ')}, which no droplet of the deployment is associated with.`,
      );
    return { done: {} };
  },
};

/** The provider's reply to a snapshot command has no id of the snapshot, so the saga finds the snapshot by its name. */
async function findSnapshot(run: Run, dropletId: string) {
  const name = finalSnapshotName(run.saga.id, dropletId);
  return (await run.provider.dropletSnapshots(dropletId)).find((snapshot) => snapshot.name === name);
}

const finalSnapshot = ({ provider_id: id, name }: NamedDroplet): Step<Inputs> => ({
  name: `snapshot:${name}`,
  deadlineMs: 60 * 60_000,
  async execute(run) {
    if ((await run.provider.droplet(id)) === null) return { done: {} };
    const result = await commandDroplet(run, {
      key: `snapshot:${id}`,
      dropletId: id,
      command: { type: 'snapshot', name: finalSnapshotName(run.saga.id, id) },
      isSatisfied: async () => (await findSnapshot(run, id)) !== undefined,
    });
    if ('outcome' in result) return result.outcome;
    if (!result.isCarriedOut)
      throw new StepFailure(
        `The provider completed the final snapshot of droplet ${name}, but the snapshot does not exist.`,
      );
    return { done: { [`snapshot_of:${id}`]: (await findSnapshot(run, id))?.id ?? null } };
  },
  // A snapshot that is left behind costs money. The snapshot of a droplet that is deleted is its only copy, and is kept.
  async compensate(run) {
    if ((await run.provider.droplet(id)) === null) return { done: {} };
    const made = await findSnapshot(run, id);
    await run.guard();
    if (made !== undefined) await run.provider.deleteSnapshot(made.id);
    return { done: {} };
  },
});

/**
 * A deletion cannot be undone, so from the first one on the saga can no longer be cancelled or rolled back. Its context lists the
 * resources that it has destroyed.
 */
const deleteDroplet = ({ provider_id: id, name }: NamedDroplet): Step<Inputs> => ({
  name: `delete:${name}`,
  isIrrevocable: true,
  async execute(run) {
    const destroyed = destroyedIn(run.context);
    const droplet = `droplet ${name} (${id})`;
    if ((await run.provider.droplet(id)) === null) {
      // The reply to the deletion was lost, or somebody deleted the droplet by hand.
      if (!destroyed.includes(droplet)) return { wait: { destroyed: [...destroyed, droplet] }, afterMs: 0 };
      const status = await run.provider.deletionStatus(id);
      if (status !== null && !status.isComplete) return { wait: {}, afterMs: 2_000 };
      if (status !== null && status.failures > 0) {
        throw new StepFailure(
          `Droplet ${name} was deleted, but ${status.failures} of its associated resources were not.`,
        );
      }
      return { done: {} };
    }
    const selection = chosenOn(run.inputs, await run.provider.associatedWith(id));
    await run.guard();
    await run.provider.deleteDropletWith(id, selection);
    const deleted = [droplet, ...namesOf(selection)].filter((one) => !destroyed.includes(one));
    return { wait: { destroyed: [...destroyed, ...deleted] }, afterMs: 500 };
  },
});

const forgetDesiredStates: Step<Inputs> = {
  name: 'forget-desired-states',
  async execute(run) {
    const { saga, now } = run;
    return {
      done: {},
      async record(tx) {
        if (saga.deploymentId !== null) await recordOffboarded(tx.sql, saga.deploymentId);
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
