import { isListedKind } from '@arcadia/contracts';
import { attributeByRules } from '../attribution/attribute-by-rules.ts';
import type { Inventory } from '../clients/inventory.ts';
import type { ListingEnd } from '../clients/listing.ts';
import type { Context } from '../context.ts';
import type { ListedProject, Member } from '../domain/projects/project.ts';
import { type Listed, toMicroseconds } from '../domain/resources/resource.ts';
import { memberKinds } from '../domain/syncs/kinds.ts';
import { observeBatch } from '../resources/observe-batch.ts';
import {
  dropMembers,
  keepMembers,
  knownKinds,
  membersWithoutListing,
  presentStates,
  stopWaitingForOwners,
} from '../store/projects/project-members.ts';
import {
  addInternalPlaceholder,
  findInternalProject,
  listedProjects,
  mirrorProjects,
  strikeProjects,
} from '../store/projects/projects.ts';
import { endSweep, type Sweep, type SweepEnd } from '../store/syncs/sweeps.ts';
import { inventory } from '../syncs/account.ts';
import { listUntilComplete } from '../syncs/list-until-complete.ts';
import { reportSweep } from '../syncs/report-health.ts';
import { enqueueRest } from '../syncs/request-sync.ts';
import { addCounts, completeSweep, failSweep, noCounts, type SyncRun, startSweep } from '../syncs/sync-kind.ts';

/**
 * Mirrors the provider's projects and then lists the members of each. The members decide the owners of resources, and they are all
 * that is known of kinds without a listing of their own. A requested sync continues with its other jobs.
 */
export async function syncProjects(ctx: Context, run: SyncRun): Promise<void> {
  await sweepProjects(ctx, run, inventory(ctx, 'sync-full'));
  const syncId = run.input.sync_id;
  if (syncId !== undefined) await ctx.transact((tx) => enqueueRest(tx, syncId));
}

async function sweepProjects(ctx: Context, run: SyncRun, account: Inventory): Promise<void> {
  const sweep = await startSweep(ctx, run, 'project');
  const walk = await walkProjects(ctx, run, { account, sweep }).catch((error: unknown) => {
    if (run.signal.aborted) throw error;
    return { failed: error };
  });
  if ('failed' in walk) {
    await failSweep(ctx, { kind: 'project', sweep, counts: noCounts(), error: walk.failed });
    return;
  }
  const present = await memberKindsToSweep(ctx);
  await Promise.all(present.map((kind) => sweepMembers(ctx, run, { kind, walk, account, sweep })));
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

async function walkProjects(
  ctx: Context,
  run: SyncRun,
  { account, sweep }: { account: Inventory; sweep: Sweep },
): Promise<ListingEnd> {
  const seen = { sweep: sweep.sweep, seenAt: sweep.startedAt };
  const projects = await listUntilComplete(() =>
    account.listProjects((page) => mirrorProjects(ctx.db, page, seen), run.signal),
  );
  await ctx.transact(async (tx) => {
    if (projects.isComplete) await strikeProjects(tx.sql, seen);
  });
  await ensureInternalProject(ctx, { account, sweep, mayCreate: projects.isComplete });
  const walkOne = async (project: { projectId: string; providerId: string }): Promise<ListingEnd> => {
    const own = { ...seen, projectId: project.projectId };
    const keep = (members: Member[]) => keepMembers(ctx.db, members, own);
    const walk = await listUntilComplete(() => account.listMembers(project.providerId, keep, run.signal));
    if (walk.isComplete) await dropMembers(ctx.db, own);
    return walk;
  };
  // The client sends a few requests at a time; the others wait in its queue.
  const walks = [projects, ...(await Promise.all((await listedProjects(ctx.db, sweep.sweep)).map(walkOne)))];
  const incomplete = walks.find(({ isComplete }) => !isComplete);
  return {
    isComplete: incomplete === undefined,
    count: projects.count,
    total: projects.total,
    detail: incomplete?.detail ?? null,
  };
}

/** Creates the operator's own project once, if writes are allowed; otherwise a placeholder row takes its place. */
async function ensureInternalProject(
  ctx: Context,
  { account, sweep, mayCreate }: { account: Inventory; sweep: Sweep; mayCreate: boolean },
): Promise<void> {
  const name = ctx.config.internalProject;
  const seen = { sweep: sweep.sweep, seenAt: sweep.startedAt };
  const { isMissing } = await ctx.transact((tx) => findInternalProject(tx.sql, name));
  if (!isMissing) return;
  const canCreate = ctx.config.provider['sync-full'].canWrite && mayCreate;
  const created = canCreate ? await createProject(ctx, account, name) : null;
  await ctx.transact(async (tx) => {
    if (created === null) return addInternalPlaceholder(tx.sql, name, seen);
    await mirrorProjects(tx.sql, [created], seen);
    await findInternalProject(tx.sql, name);
  });
}

/** A failure does not end the sync; the next sync tries again. */
async function createProject(ctx: Context, account: Inventory, name: string): Promise<ListedProject | null> {
  try {
    return await account.createProject(name);
  } catch (error) {
    ctx.log.warn({ err: error }, `the project ${name} could not be created at the provider`);
    return null;
  }
}

const memberKindsToSweep = async (ctx: Context): Promise<string[]> =>
  [...new Set([...memberKinds, ...(await knownKinds(ctx.db))])].filter((kind) => !isListedKind(kind));

const chunk = 500;

/** Updates the inventory of one kind that has no listing of its own from the members of the projects. */
async function sweepMembers(
  ctx: Context,
  run: SyncRun,
  { kind, walk, account, sweep: walked }: { kind: string; walk: ListingEnd; account: Inventory; sweep: Sweep },
): Promise<void> {
  const sweep = await startSweep(ctx, run, kind);
  const counts = noCounts();
  const known = await account.describeMembers(kind, run.signal).catch((error: unknown) => {
    if (run.signal.aborted) throw error;
    return { failed: error };
  });
  const described = known !== null && 'described' in known ? known.described : new Map<string, Listed>();
  let count = 0;
  const observe = async (items: Listed[]): Promise<void> => {
    const { sweep: number, startedAt: seenAt, lastCompleteAt } = sweep;
    addCounts(counts, await observeBatch(ctx, { items, sweep: number, seenAt, lastCompleteAt, hasActions: false }));
    count += items.length;
  };
  for (let after = ''; ; ) {
    const ids = await membersWithoutListing(ctx.db, { kind, sweep: walked.sweep, after, limit: chunk });
    if (ids.length === 0) break;
    const stored = await storedStates(ctx, kind, ids);
    await observe(ids.map((id) => described.get(id) ?? stored.get(id) ?? placeholder(kind, id)));
    for (const id of ids) described.delete(id);
    after = ids.at(-1) ?? after;
  }
  // A described resource is present even if no visible project lists it.
  const unlisted = [...described.values()];
  for (let from = 0; from < unlisted.length; from += chunk) await observe(unlisted.slice(from, from + chunk));
  if (known !== null && 'failed' in known) {
    await failSweep(ctx, { kind, sweep, counts, error: known.failed });
    return;
  }
  const detail = walk.detail ?? known?.detail ?? null;
  const end = { isComplete: walk.isComplete && (known?.detail ?? null) === null, count, total: count, detail };
  await completeSweep(ctx, { kind, sweep, counts, end, walked: walked.sweep });
}

/** A resource of which only the URN is known. */
const placeholder = (kind: string, providerId: string): Listed => ({
  kind,
  providerId,
  name: providerId,
  status: null,
  region: null,
  createdAt: null,
  attrs: {},
});

/** The stored states of resources that the provider does not describe now, or at all. */
const storedStates = async (ctx: Context, kind: string, ids: readonly string[]): Promise<Map<string, Listed>> => {
  const states = await presentStates(ctx.db, { kind, providerIds: ids });
  return new Map(
    states.map(({ provider_id, created_at, ...state }) => [
      provider_id,
      { ...state, kind, providerId: provider_id, createdAt: created_at },
    ]),
  );
};
