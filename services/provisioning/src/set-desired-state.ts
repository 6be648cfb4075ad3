import {
  type provisioning,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  resourceId,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { recordSpec } from './record-spec.ts';
import { type DesiredRow, lockDesiredState } from './store/desired-states.ts';
import { findKnownResource } from './store/known-resources.ts';
import type { Schema } from './store/schema.ts';

/** An operator says what a resource ought to be that no saga of ours has made. */
export async function setDesiredState(
  tx: Tx<Schema>,
  asked: {
    input: RequestInput<typeof provisioning.setDesiredState>;
    now: Temporal.Instant;
    /** Asks inventory about a resource that it has not said anything about yet. */
    lookUp: (resourceId: string) => Promise<Named | null>;
  },
): Promise<RequestOutput<typeof provisioning.setDesiredState> | Refusal> {
  const { input, now } = asked;
  const before = await lockDesiredState(tx.sql, input.resource_id);
  const known =
    before ??
    (await findKnownResource(tx.sql, input.resource_id)) ??
    named(input) ??
    (await asked.lookUp(input.resource_id));
  if (known === null) {
    return refuse('not-found', 'Nothing is known of this resource: give its provider, kind and provider_id too.');
  }
  const { provider, kind, provider_id } = known;
  if (resourceId(provider, kind, provider_id) !== input.resource_id) {
    return refuse(
      'resource-id-mismatch',
      `The id of ${kind} ${provider_id} is ${resourceId(provider, kind, provider_id)}.`,
    );
  }
  if (input.spec_version !== undefined && input.spec_version !== (before?.spec_version ?? 0)) {
    const version = before?.spec_version ?? 0;
    return refuse('version-conflict', `The desired state is at version ${version}.`, { spec_version: version });
  }
  const resource = { resource_id: input.resource_id, provider, kind, provider_id };
  const owner = { deployment_id: known.deployment_id, tenant_id: known.tenant_id };
  return desiredStateOf(await recordSpec(tx, { resource, owner, spec: input.spec, sagaId: null, now }));
}

type Named = {
  provider: string;
  kind: string;
  provider_id: string;
  deployment_id: string | null;
  tenant_id: string | null;
};

function named(input: RequestInput<typeof provisioning.setDesiredState>): Named | null {
  const { provider, kind, provider_id } = input;
  if (provider === undefined || kind === undefined || provider_id === undefined) return null;
  return { provider, kind, provider_id, deployment_id: null, tenant_id: null };
}

export const desiredStateOf = ({
  revision: _revision,
  ...row
}: DesiredRow): RequestOutput<typeof provisioning.getDesiredState> => row;
