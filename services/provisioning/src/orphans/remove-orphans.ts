import { ProviderError } from '@arcadia/digitalocean';
import { errorText, failpoint, type JobRun } from '@arcadia/platform';
import { providerOf } from '../clients/digitalocean.ts';
import type { Provider } from '../clients/provider.ts';
import type { Context } from '../context.ts';
import { nextSearchAt } from '../domain/orphans/orphans.ts';
import { isFinished } from '../domain/sagas/saga.ts';
import { isOwnInfrastructure } from '../sagas/failures.ts';
import { markRemoved, sagasToSearch, saveOrphan, writeSearch } from '../store/orphans/orphans.ts';
import { findSaga, type SagaRow } from '../store/sagas/sagas.ts';
import { findOrphans, type Orphan } from './find-orphans.ts';

/** Sagas that one run searches for; the others follow with the next run. */
const sagasPerRun = 100;

/**
 * Searches the provider for what ended sagas have left behind, by the tag of each, and removes it. A resource that anybody has to do
 * with is kept, with the reason. The search for one saga that fails is repeated by the next run.
 */
export async function removeOrphans(run: Pick<JobRun<object>, 'signal' | 'scheduledAt'>, ctx: Context): Promise<void> {
  const { signal, scheduledAt } = run;
  const now = scheduledAt ?? ctx.clock.now();
  const provider = providerOf(ctx, signal);
  for (const saga of await sagasToSearch(ctx.db, now, sagasPerRun)) {
    try {
      await searchFor({ saga, provider, now }, ctx);
    } catch (error) {
      if (signal.aborted || isOwnInfrastructure(error)) throw error;
      ctx.log.warn({ saga: saga.saga_id, err: error }, 'the search for orphans of a saga failed; it is repeated');
      await searchAgain({ saga, now }, ctx);
    }
  }
}

type Search = { saga: SagaRow; provider: Provider; now: Temporal.Instant };

async function searchFor({ saga, provider, now }: Search, ctx: Context): Promise<void> {
  const orphans = await findOrphans(saga, provider, ctx);
  const left: string[] = [];
  let isDone = true;
  for (const orphan of orphans) {
    const kept = provider.canWrite ? orphan.keptBecause : readOnly;
    await saveOrphan(ctx.db, rowOf(saga, orphan, kept, now));
    await failpoint('orphans.found');
    if (kept === null && (await remove(saga, orphan, provider, ctx))) continue;
    left.push(orphan.providerId);
    isDone &&= kept !== null;
  }
  await markRemoved(ctx.db, { sagaId: saga.saga_id, left, at: now });
  const finishedAt = Temporal.Instant.from(saga.finished_at ?? saga.changed_at);
  if (isDone) await ctx.transact((tx) => writeSearch(tx.sql, saga, nextSearchAt(finishedAt, now)));
  else await searchAgain({ saga, now }, ctx);
}

const searchAgain = ({ saga, now }: Omit<Search, 'provider'>, ctx: Context): Promise<void> =>
  ctx.transact((tx) => writeSearch(tx.sql, saga, now.add({ minutes: 5 })));

const readOnly = 'This installation is read-only at the provider.';

/** @returns false when an event runs on the orphan, the provider refuses the deletion for the present, or the saga was retried */
async function remove(saga: SagaRow, orphan: Orphan, provider: Provider, ctx: Context): Promise<boolean> {
  if (orphan.isBusy) return false;
  const present = await findSaga(ctx.db, saga.saga_id);
  if (present === null || !isFinished(present.status) || present.revision !== saga.revision) return false;
  try {
    if (orphan.kind === 'droplet') await provider.deleteDroplet(orphan.providerId);
    else await provider.deleteSnapshot(orphan.providerId);
  } catch (error) {
    if (!(error instanceof ProviderError && error.isNotNow)) throw error;
    ctx.log.info({ saga: saga.saga_id, ...orphan, reason: errorText(error) }, 'an orphan cannot be removed yet');
    return false;
  }
  await failpoint('orphans.removed');
  ctx.log.warn({ saga: saga.saga_id, ...orphan }, 'an orphan of a saga was removed');
  return true;
}

const rowOf = (saga: SagaRow, orphan: Orphan, keptBecause: string | null, now: Temporal.Instant) => ({
  saga_id: saga.saga_id,
  kind: orphan.kind,
  provider_id: orphan.providerId,
  name: orphan.name,
  found_at: now.toString(),
  removed_at: null,
  kept_because: keptBecause,
});
