import {
  inventorySync,
  isRefusal,
  type provisioning,
  type RequestInput,
  type RequestRefusal,
  refuse,
  resourceId,
  serviceActor,
} from '@arcadia/contracts';
import { type CommandRequest, type ContractReply, type ReadRequest, ServiceUnavailable } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { refuseUnknownOffers } from '../offers/refuse-unknown-offers.ts';
import { findKnownResource } from '../store/resources/known-resources.ts';
import type { Tables } from '../store/schema.ts';
import { findDesiredState, lockDesiredState } from '../store/specs/desired-states.ts';
import { desiredStateView } from './desired-state-view.ts';
import { recordSpec } from './record-spec.ts';

type Contract = typeof provisioning.setDesiredState;

/** A resource and its owner, as far as they are known. */
type NamedResource = {
  provider: string;
  kind: string;
  provider_id: string;
  deployment_id: string | null;
  tenant_id: string | null;
};

/**
 * Requests a resource from inventory-sync that neither an event nor the command itself names: inventory may have found it only
 * a moment ago. The size and region of a droplet must be among those that the provider offers.
 * @returns `found` is null when the resource is named already, or when inventory does not know it or cannot be reached
 */
export async function resolveResource(
  { input, signal }: ReadRequest<Contract>,
  ctx: Context,
): Promise<{ found: NamedResource | null } | RequestRefusal<Contract>> {
  const { resource_id } = input;
  const known =
    named(input) ?? (await findDesiredState(ctx.db, resource_id)) ?? (await findKnownResource(ctx.db, resource_id));
  const found = known === null ? await findInInventory(resource_id, ctx) : null;
  // The lists of sizes and regions are those of droplets.
  const unknown =
    (known ?? found)?.kind === 'droplet' ? await refuseUnknownOffers(ctx, sizeAndRegion(input.spec), signal) : null;
  return unknown ?? { found };
}

const sizeAndRegion = (spec: RequestInput<Contract>['spec']) => ({
  region: spec?.['region'],
  size_slug: spec?.['size_slug'],
});

async function findInInventory(resource_id: string, ctx: Context): Promise<NamedResource | null> {
  try {
    const found = await ctx.request(
      inventorySync.getResource,
      { resource_id },
      { actor: serviceActor('provisioning'), deadlineMs: 2_000 },
    );
    if (isRefusal(found)) return null;
    const { provider, kind, provider_id, owner } = found;
    return { provider, kind, provider_id, deployment_id: owner.deployment_id, tenant_id: owner.tenant_id };
  } catch (error) {
    if (error instanceof ServiceUnavailable) return null;
    throw error;
  }
}

/** Sets the desired state of a resource that no saga has made. */
export async function setDesiredState(
  { input, tx, resolved }: CommandRequest<Contract, Tables> & { resolved: { found: NamedResource | null } },
  { clock }: CommandContext,
): ContractReply<Contract> {
  const before = await lockDesiredState(tx.sql, input.resource_id);
  const known = before ?? (await findKnownResource(tx.sql, input.resource_id)) ?? named(input) ?? resolved.found;
  if (known === null) {
    return refuse('not-found', 'This resource is unknown: give its provider, kind and provider_id too.');
  }
  const { provider, kind, provider_id } = { ...known, ...givenName(input) };
  if (resourceId(provider, kind, provider_id) !== input.resource_id) {
    return refuse(
      'resource-id-mismatch',
      `The resource_id of ${kind} ${provider_id} is ${resourceId(provider, kind, provider_id)}, not ${input.resource_id}.`,
    );
  }
  const version = before?.spec_version ?? 0;
  if (input.spec_version !== undefined && input.spec_version !== version) {
    return refuse('version-conflict', `The desired state has version ${version}, not ${input.spec_version}.`, {
      spec_version: version,
    });
  }
  const recorded = await recordSpec(tx, {
    resource: { resource_id: input.resource_id, provider, kind, provider_id },
    owner: { deployment_id: known.deployment_id, tenant_id: known.tenant_id },
    spec: input.spec,
    sagaId: null,
    now: clock.now(),
  });
  return desiredStateView(recorded);
}

/** The parts of its name that the request gives: they must be those of the resource, whether or not it is known already. */
const givenName = ({ provider, kind, provider_id }: RequestInput<Contract>) => ({
  ...(provider === undefined ? {} : { provider }),
  ...(kind === undefined ? {} : { kind }),
  ...(provider_id === undefined ? {} : { provider_id }),
});

function named({ provider, kind, provider_id }: RequestInput<Contract>): NamedResource | null {
  if (provider === undefined || kind === undefined || provider_id === undefined) return null;
  return { provider, kind, provider_id, deployment_id: null, tenant_id: null };
}
