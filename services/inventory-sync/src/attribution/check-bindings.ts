import { type inventorySync, nearWords, type RequestOutput } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { provider } from '../domain/resources/resource.ts';
import { taggedKinds } from '../domain/syncs/kinds.ts';
import { projectsLike, tagsLike, unknownProjects, unknownTags } from '../store/attribution/known-bindings.ts';
import { type LastSweep, lastSweeps } from '../store/syncs/last-sweeps.ts';

type Contract = typeof inventorySync.checkBindings;
type Missing = RequestOutput<Contract>['missing'];

/**
 * The projects and tags that the account does not have. A tag exists if any resource has ever carried it. While the last listing that
 * could contain a name is not complete, the name is unknown, and not missing (decision 0058).
 */
export async function checkBindings({ input }: ReadRequest<Contract>, ctx: Context): Promise<{ missing: Missing }> {
  const strange = [...new Set(input.projects.map((project) => project.provider))].filter((name) => name !== provider);
  const ids = input.projects.filter((project) => project.provider === provider);
  return {
    missing: [
      ...strange.map((name) => ({
        kind: 'provider' as const,
        name,
        near: nearWords(name, [provider]),
        listed_at: null,
      })),
      ...(await missingProjects(
        ctx,
        ids.map(({ provider_project_id }) => provider_project_id),
      )),
      ...(await missingTags(ctx, input.tags)),
    ],
  };
}

async function missingProjects(ctx: Context, ids: readonly string[]): Promise<Missing> {
  const unknown = await unknownProjects(ctx.db, ids);
  const listedAt = unknown.length === 0 ? null : await allListedAt(ctx, ['project']);
  if (listedAt === null) return [];
  return Promise.all(
    unknown.map(async (name) => {
      const like = await projectsLike(ctx.db, name);
      const near = nearWords(
        name,
        like.map(({ provider_id }) => provider_id),
      );
      // A person may give the name of a project instead of its id.
      const named = nearWords(
        name,
        like.map((project) => project.name),
      ).flatMap((close) => like.filter((project) => project.name === close).map(({ provider_id }) => provider_id));
      return {
        kind: 'project' as const,
        name,
        near: [...new Set([...near, ...named])].slice(0, 3),
        listed_at: listedAt,
      };
    }),
  );
}

async function missingTags(ctx: Context, tags: readonly string[]): Promise<Missing> {
  const unknown = await unknownTags(ctx.db, tags);
  const listedAt = unknown.length === 0 ? null : await allListedAt(ctx, taggedKinds);
  if (listedAt === null) return [];
  return Promise.all(
    unknown.map(async (name) => ({
      kind: 'tag' as const,
      name,
      near: nearWords(name, await tagsLike(ctx.db, name)),
      listed_at: listedAt,
    })),
  );
}

/** The beginning of the oldest of the newest listings of these kinds; null if one of them is not complete, or there is none yet. */
async function allListedAt(ctx: Context, kinds: readonly string[]): Promise<string | null> {
  const sweeps = await lastSweeps(ctx.db, kinds);
  const isKnown = ({ ended }: LastSweep) => ['complete', 'confirmed', 'unavailable'].includes(ended.status);
  if (sweeps.length < kinds.length || !sweeps.every(isKnown)) return null;
  return sweeps.flatMap(({ lastCompleteAt }) => lastCompleteAt ?? []).toSorted()[0] ?? null;
}
