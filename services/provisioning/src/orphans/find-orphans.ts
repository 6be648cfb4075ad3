import { provisioning, resourceId } from '@arcadia/contracts';
import { z } from 'zod';
import type { Provider } from '../clients/provider.ts';
import type { Context } from '../context.ts';
import { type Creation, reasonToKeep } from '../domain/orphans/orphans.ts';
import { finalSnapshotName, sagaTag } from '../domain/sagas/saga.ts';
import { withDroplets } from '../sagas/actions/deployment-droplets.ts';
import { claimsOn } from '../store/orphans/orphans.ts';
import type { SagaRow } from '../store/sagas/sagas.ts';

/** A resource that a saga has left at the provider. */
export type Orphan = {
  kind: 'droplet' | 'snapshot';
  providerId: string;
  name: string;
  /** Reason that it is not removed; null: it is. */
  keptBecause: string | null;
  /** An event runs on it, perhaps of a person: it is looked at again when the event is over. */
  isBusy: boolean;
};

/** The resources that an ended saga has left at the provider, each found by the id of the saga in its tag or its name. */
export const findOrphans = (saga: SagaRow, provider: Provider, ctx: Context): Promise<Orphan[]> =>
  saga.kind === 'offboard' ? lateSnapshots(saga, provider) : lateDroplets(saga, provider, ctx);

/** The final snapshots of an offboarding that was undone, of droplets that it has not deleted. */
async function lateSnapshots(saga: SagaRow, provider: Provider): Promise<Orphan[]> {
  const { droplets } = z.object(withDroplets).parse(saga.inputs);
  const orphans: Orphan[] = [];
  for (const { provider_id: id } of droplets) {
    // The snapshot of a droplet that was deleted is its only copy.
    if ((await provider.droplet(id)) === null) continue;
    const name = finalSnapshotName(saga.saga_id, id);
    const late = (await provider.dropletSnapshots(id)).filter((snapshot) => snapshot.name === name);
    orphans.push(
      ...late.map((one) => ({ kind: 'snapshot' as const, providerId: one.id, name, keptBecause: null, isBusy: false })),
    );
  }
  return orphans;
}

/**
 * The droplets with the tag of a saga that is over, without the one that it handed over: a creation whose reply was lost may take
 * effect hours later, beside the droplet that was created in its place or after everything was undone.
 */
async function lateDroplets(saga: SagaRow, provider: Provider, { db }: Context): Promise<Orphan[]> {
  const own = saga.context['droplet_id'];
  const listed = await provider.dropletsTagged(sagaTag(saga.saga_id));
  const left = listed.filter(({ id }) => saga.status !== 'completed' || id !== own);
  if (left.length === 0) return [];
  const inputs = provisioning.sagaInputs.provision_droplet.parse(saga.inputs);
  const unassigned = new Set(await provider.dropletsInDefaultProject());
  const idOf = (id: string) => resourceId('digitalocean', 'droplet', id);
  const claims = await claimsOn(
    db,
    left.map(({ id }) => idOf(id)),
  );
  return left.map((droplet) => {
    const creation: Creation = {
      sagaId: saga.saga_id,
      startedAt: saga.created_at,
      name: inputs.name,
      sizeSlug: inputs.size_slug,
      region: inputs.region,
      tags: inputs.tags,
      isItsOwn: droplet.id === own,
    };
    const claim = claims.get(idOf(droplet.id)) ?? { isAttributedByHand: false, hasDesiredState: false };
    const found = { ...droplet, ...claim, isInDefaultProject: unassigned.has(droplet.id) };
    return {
      kind: 'droplet',
      providerId: droplet.id,
      name: droplet.name,
      keptBecause: reasonToKeep(found, creation),
      isBusy: droplet.isLocked,
    };
  });
}
