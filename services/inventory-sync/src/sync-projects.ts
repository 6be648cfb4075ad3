import { attributeByRules } from './attribute-by-rules.ts';
import type { Inventory } from './clients/inventory.ts';
import type { ListingEnd } from './clients/listing.ts';
import type { Context } from './context.ts';
import { hasOwnListing, memberKinds } from './domain/kinds.ts';
import type { ListedProject, Member } from './domain/projects.ts';
import type { Listed } from './domain/resource.ts';
import { toMicroseconds } from './domain/resource.ts';
import { observeBatch } from './observe.ts';
import { reportSweep } from './report-health.ts';
import {
  dropMembers,
  keepMembers,
  knownKinds,
  membersWithoutListing,
  presentStates,
  stopWaitingForOwners,
} from './store/project-members.ts';
import {
  findInternalProject,
  listedProjects,
  mirrorProjects,
  standInForInternal,
  strikeProjects,
} from './store/projects.ts';
import { endSweep, type Sweep, type SweepEnd } from './store/sweeps.ts';
import { completeSweep, failSweep, listUntilComplete, type SyncRun, startSweep } from './sync-kind.ts';

/**
 * Two passes: mirror the projects, then walk the members of each. What they show decides whose things are, and is all that
 * is known of kinds without a listing of their own.
 */
export async function syncProjects(ctx: Context, run: SyncRun, inventory: Inventory): Promise<void> {
  const sweep = await startSweep(ctx, run, 'project');
  const walk = await walkProjects(ctx, run, { inventory, sweep }).catch((error: unknown) => {
    if (run.signal.aborted) throw error;
    return { failed: error };
  });
  if ('failed' in walk) {
    const counts = { discovered: 0, changed: 0, movedIds: new Set<string>() };
    await failSweep(ctx, { kind: 'project', sweep, counts, error: walk.failed });
    return;
  }
  const present = await memberKindsToSweep(ctx);
  await Promise.all(present.map((kind) => sweepMembers(ctx, run, { kind, walk, inventory, sweep })));
  await ctx.transact(async (tx) => {
    const now = toMicroseconds(ctx.clock.now());
    await attributeByRules(tx, { at: now, now, kinds: null });
    if (walk.isComplete) await stopWaitingForOwners(tx.sql, sweep.startedAt);
  });
  const end: SweepEnd = {
    status: walk.isComplete ? 'complete' : 'incomplete',
    count: walk.count,
    total: walk.total,
    discovered: 0,
    changed: 0,
    missing: 0,
    deleted: 0,
    detail: walk.detail,
  };
  await endSweep(ctx.db, sweep.sweep, toMicroseconds(ctx.clock.now()), end);
  reportSweep(ctx, 'project', end);
}

type Walk = ListingEnd;

async function walkProjects(
  ctx: Context,
  run: SyncRun,
  { inventory, sweep }: { inventory: Inventory; sweep: Sweep },
): Promise<Walk> {
  const seen = { sweep: sweep.sweep, seenAt: sweep.startedAt };
  const projects = await listUntilComplete(() =>
    inventory.listProjects((page) => mirrorProjects(ctx.db, page, seen), run.signal),
  );
  await ctx.transact(async (tx) => {
    if (projects.isComplete) await strikeProjects(tx.sql, seen);
  });
  await ensureInternalProject(ctx, { inventory, sweep, mayMake: projects.isComplete });
  const walkOne = async (project: { projectId: string; providerId: string }): Promise<Walk> => {
    const own = { ...seen, projectId: project.projectId };
    const keep = (members: Member[]) => keepMembers(ctx.db, members, own);
    const walk = await listUntilComplete(() => inventory.listMembers(project.providerId, keep, run.signal));
    if (walk.isComplete) await dropMembers(ctx.db, own);
    return walk;
  };
  // The client sends a few at a time; the others wait in its queue.
  const walks = [projects, ...(await Promise.all((await listedProjects(ctx.db, sweep.sweep)).map(walkOne)))];
  const cut = walks.find(({ isComplete }) => !isComplete);
  return { isComplete: cut === undefined, count: projects.count, total: projects.total, detail: cut?.detail ?? null };
}

/** The operator's own project is made once, if the operator lets anything be made; otherwise a row of ours stands for it. */
async function ensureInternalProject(
  ctx: Context,
  { inventory, sweep, mayMake }: { inventory: Inventory; sweep: Sweep; mayMake: boolean },
): Promise<void> {
  const name = ctx.config.internalProject;
  const seen = { sweep: sweep.sweep, seenAt: sweep.startedAt };
  const { isMissing } = await ctx.transact((tx) => findInternalProject(tx.sql, name));
  if (!isMissing) return;
  const made = ctx.config.provider['sync-full'].canWrite && mayMake ? await makeProject(ctx, inventory, name) : null;
  await ctx.transact(async (tx) => {
    if (made === null) return standInForInternal(tx.sql, name, seen);
    await mirrorProjects(tx.sql, [made], seen);
    await findInternalProject(tx.sql, name);
  });
}

/** Not being allowed to make it is no reason to know nothing: the next sync tries again. */
async function makeProject(ctx: Context, inventory: Inventory, name: string): Promise<ListedProject | null> {
  try {
    return await inventory.createProject(name);
  } catch (error) {
    ctx.log.warn({ err: error }, `the project ${name} could not be made at the provider`);
    return null;
  }
}

const memberKindsToSweep = async (ctx: Context): Promise<string[]> =>
  [...new Set([...memberKinds, ...(await knownKinds(ctx.db))])].filter((kind) => !hasOwnListing(kind));

const chunk = 500;

/** Makes inventory of the members of one kind that has no listing of its own. */
async function sweepMembers(
  ctx: Context,
  run: SyncRun,
  { kind, walk, inventory, sweep: walked }: { kind: string; walk: Walk; inventory: Inventory; sweep: Sweep },
): Promise<void> {
  const sweep = await startSweep(ctx, run, kind);
  const counts = { discovered: 0, changed: 0, movedIds: new Set<string>() };
  const known = await inventory.describeMembers(kind, run.signal).catch((error: unknown) => {
    if (run.signal.aborted) throw error;
    return { failed: error };
  });
  const described = known !== null && 'described' in known ? known.described : new Map<string, Listed>();
  let count = 0;
  const observe = async (items: Listed[]): Promise<void> => {
    const seen = await observeBatch(ctx, {
      items,
      sweep: sweep.sweep,
      seenAt: sweep.startedAt,
      lastCompleteAt: sweep.lastCompleteAt,
      hasActions: false,
    });
    counts.discovered += seen.discovered;
    counts.changed += seen.changed;
    for (const id of seen.movedIds) counts.movedIds.add(id);
    count += items.length;
  };
  for (let after = ''; ; ) {
    const ids = await membersWithoutListing(ctx.db, { kind, sweep: walked.sweep, after, limit: chunk });
    if (ids.length === 0) break;
    const before = await asBefore(ctx, kind, ids);
    await observe(ids.map((id) => described.get(id) ?? before.get(id) ?? placeholder(kind, id)));
    for (const id of ids) described.delete(id);
    after = ids.at(-1) ?? after;
  }
  // What the provider describes is there, even if no project that can be seen has it.
  const unlisted = [...described.values()];
  for (let from = 0; from < unlisted.length; from += chunk) await observe(unlisted.slice(from, from + chunk));
  if (known !== null && 'failed' in known) await failSweep(ctx, { kind, sweep, counts, error: known.failed });
  else await completeSweep(ctx, { kind, sweep, counts, end: { ...walk, count, total: count }, walked: walked.sweep });
}

/** All that a URN tells. */
const placeholder = (kind: string, providerId: string): Listed => ({
  kind,
  providerId,
  name: providerId,
  status: null,
  region: null,
  createdAt: null,
  attrs: {},
});

/** What the provider does not describe just now, or at all, stays as it was. */
const asBefore = async (ctx: Context, kind: string, ids: readonly string[]): Promise<Map<string, Listed>> => {
  const states = await presentStates(ctx.db, { kind, providerIds: ids });
  return new Map(
    states.map(({ provider_id, created_at, ...state }) => [
      provider_id,
      { ...state, kind, providerId: provider_id, createdAt: created_at },
    ]),
  );
};
