import { type provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import { recordSpec } from '../record-spec.ts';
import { desiredStatesOfDeployment } from '../store/desired-states.ts';
import { setSagaState } from './deployment-state.ts';
import { commandDroplet } from './droplet-command.ts';
import { type Step, StepFailure } from './step.ts';
import type { WithDroplets } from './suspend.ts';
import { mustBeAllowedToWrite } from './writing.ts';

type Inputs = z.output<typeof provisioning.sagaInputs.offboard> & WithDroplets;
type Droplet = WithDroplets['droplets'][number];

const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    if (run.inputs.droplets.length > 0) mustBeAllowedToWrite(run);
    return { done: {} };
  },
};

/** The provider's answer to a snapshot does not name it, so its own name does, and it is found by that. */
const finalSnapshot = ({ provider_id: id, name }: Droplet): Step<Inputs> => ({
  name: `snapshot:${name}`,
  deadlineMs: 60 * 60_000,
  async execute(run) {
    const snapshotName = `arcadia-final-${run.saga.id}-${id}`;
    const find = async () =>
      (await run.provider.dropletSnapshots(id)).find((snapshot) => snapshot.name === snapshotName);
    if ((await run.provider.droplet(id)) === null) return { done: {} };
    const result = await commandDroplet(run, {
      key: `snapshot:${id}`,
      dropletId: id,
      command: { type: 'snapshot', name: snapshotName },
      isSatisfied: async () => (await find()) !== undefined,
    });
    if ('outcome' in result) return result.outcome;
    if (!result.isCarriedOut) throw new StepFailure(`The final snapshot of droplet ${name} did not appear.`);
    return { done: { [`snapshot_of:${id}`]: (await find())?.id ?? null } };
  },
});

/** Not undone by anything, so from the first on the saga goes through to its end. */
const remove = ({ provider_id: id, name }: Droplet): Step<Inputs> => ({
  name: `delete:${name}`,
  isIrrevocable: true,
  async execute(run) {
    if ((await run.provider.droplet(id)) === null) return { done: {} };
    const { volumes, snapshots, volume_snapshots: volumeSnapshots, reserved_ips: reservedIps } = run.inputs.delete_with;
    await run.guard();
    await run.provider.deleteDropletWith(id, { volumes, snapshots, volumeSnapshots, reservedIps });
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
