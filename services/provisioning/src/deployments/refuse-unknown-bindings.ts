import {
  inventorySync,
  isRefusal,
  type provisioning,
  type Refusal,
  type RequestInput,
  refuse,
  serviceActor,
} from '@arcadia/contracts';
import { ServiceUnavailable } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { claimsOf, deploymentTag } from '../domain/deployments/deployment.ts';
import { unclaimed } from '../store/deployments/binding-claims.ts';

type Given = Pick<
  RequestInput<typeof provisioning.updateDeployment>,
  'project_bindings' | 'tag_bindings' | 'allow_unknown_bindings'
> & { deployment_id?: string | undefined };

/**
 * The refusal of the first project or tag that the provider's account does not have, naming the near ones; null if it has all.
 * Bindings that the deployment has already are not checked again. Its own tag, which provisioning puts on the resources it creates, is
 * not checked either.
 * @throws ServiceUnavailable if inventory-sync does not answer
 */
export async function refuseUnknownBindings(ctx: Context, given: Given): Promise<Refusal<'unknown-binding'> | null> {
  if (given.allow_unknown_bindings === true) return null;
  const bindings = [
    ...(given.project_bindings ?? []).map((project) => ({ project_bindings: [project], tag_bindings: [] })),
    ...(given.tag_bindings ?? [])
      .filter((tag) => given.deployment_id === undefined || tag.toLowerCase() !== deploymentTag(given.deployment_id))
      .map((tag) => ({ project_bindings: [], tag_bindings: [tag] })),
  ];
  if (bindings.length === 0) return null;
  const fresh = new Set(await unclaimed(ctx.db, bindings.flatMap(claimsOf)));
  const toFind = bindings.filter((binding) => claimsOf(binding).some((claim) => fresh.has(claim)));
  if (toFind.length === 0) return null;
  const input = {
    projects: toFind.flatMap(({ project_bindings }) => project_bindings),
    tags: toFind.flatMap(({ tag_bindings }) => tag_bindings),
  };
  const missing = await firstMissing(ctx, input);
  if (missing === null) return null;
  const later = ', set allow_unknown_bindings';
  return refuse('unknown-binding', detailOf(missing, later), { binding: missing.name, near: missing.near });
}

/**
 * The refusal of a project, by the provider's id, that the provider's account does not have; null if it has it, if some deployment is
 * bound to it, or if inventory-sync does not answer: unknown is not absent (decision 0058).
 */
export async function refuseUnknownProject(
  ctx: Context,
  id: string | undefined,
): Promise<Refusal<'unknown-binding'> | null> {
  if (id === undefined) return null;
  const project = { provider: 'digitalocean', provider_project_id: id };
  const claims = claimsOf({ project_bindings: [project], tag_bindings: [] });
  if ((await unclaimed(ctx.db, claims)).length === 0) return null;
  try {
    const missing = await firstMissing(ctx, { projects: [project], tags: [] });
    if (missing === null) return null;
    return refuse('unknown-binding', detailOf(missing, ', create it first'), {
      binding: missing.name,
      near: missing.near,
    });
  } catch (error) {
    if (error instanceof ServiceUnavailable) return null;
    throw error;
  }
}

async function firstMissing(
  ctx: Context,
  input: RequestInput<typeof inventorySync.checkBindings>,
): Promise<Missing | null> {
  const reply = await ctx.request(inventorySync.checkBindings, input, { actor: serviceActor('provisioning') });
  if (isRefusal(reply)) throw new Error(`inventory-sync refused to check bindings: ${reply.detail}`);
  return reply.missing[0] ?? null;
}

type Missing = { kind: string; name: string; near: string[]; listed_at: string | null };

/** @param later what to do about one that will be made later */
const detailOf = ({ kind, name, near, listed_at }: Missing, later: string): string => {
  const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
  if (listed_at === null) return `There is no ${kind} ${name}.${hint}`;
  return (
    `The provider's account has no ${kind} ${name}, as listed at ${listed_at}.${hint} If it was made since, sync first ` +
    `(POST /api/v1/inventory/sync); if it will be made later${later}.`
  );
};
