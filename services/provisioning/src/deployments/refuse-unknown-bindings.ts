import {
  inventorySync,
  isRefusal,
  type provisioning,
  type Refusal,
  type RequestInput,
  refuse,
  serviceActor,
} from '@arcadia/contracts';
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
  const reply = await ctx.request(inventorySync.checkBindings, input, { actor: serviceActor('provisioning') });
  if (isRefusal(reply)) throw new Error(`inventory-sync refused to check bindings: ${reply.detail}`);
  const [missing] = reply.missing;
  if (missing === undefined) return null;
  return refuse('unknown-binding', detailOf(missing), { binding: missing.name, near: missing.near });
}

type Missing = { kind: string; name: string; near: string[]; listed_at: string | null };

const detailOf = ({ kind, name, near, listed_at }: Missing): string => {
  const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
  if (listed_at === null) return `There is no ${kind} ${name}.${hint}`;
  return (
    `The provider's account has no ${kind} ${name}, as listed at ${listed_at}.${hint} If it was made since, sync first ` +
    '(POST /api/v1/inventory/sync); if it will be made later, set allow_unknown_bindings.'
  );
};
