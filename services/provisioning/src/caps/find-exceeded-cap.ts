import {
  Decimal,
  measuresOf,
  periodInterval,
  periodOf,
  type ResourceState,
  secondsOf,
  usageKinds,
} from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import { type Capped, type ExceededCap, exceededCap } from '../domain/caps/expected-use.ts';
import { capsInForce } from '../store/caps/caps.ts';
import { usageSince } from '../store/caps/metered-usage.ts';
import { resourcesOfDeployment } from '../store/resources/deployment-droplets.ts';
import { dropletsBeingCreated } from '../store/sagas/sagas.ts';
import type { Tables } from '../store/schema.ts';

/** A resource that is about to be created, in the state in which it will run. */
export type AddedResource = Omit<ResourceState, 'is_present'> & { kind: 'droplet' };

type Request = {
  deploymentId: string;
  resource: AddedResource;
  /** Saga that creates the resource: only sagas that were started before it count; null: all do. */
  startedBefore: string | null;
  now: Temporal.Instant;
};

/** The first cap of the deployment's plan that one more resource would exceed in the present month; null: it fits. */
export async function findExceededCap(db: Kysely<Tables>, request: Request): Promise<ExceededCap | null> {
  const inForce = await capsInForce(db, request.deploymentId, request.now);
  if (inForce === null) return null;
  for (const [kind, added] of unitsByKind({ ...request.resource, is_present: true })) {
    const cap = inForce.caps[kind];
    if (cap === undefined) continue;
    const exceeded = exceededCap(await countedTowards(db, request, { plan: inForce.plan_code, kind, cap, added }));
    if (exceeded !== null) return exceeded;
  }
  return null;
}

async function countedTowards(
  db: Kysely<Tables>,
  { deploymentId, resource, startedBefore, now }: Request,
  capped: Pick<Capped, 'plan' | 'kind' | 'cap' | 'added'>,
): Promise<Capped> {
  const { kind, added } = capped;
  const period = periodOf(now);
  const month = periodInterval(period);
  const metered = await usageSince(db, { deploymentId, kind, start: month.start });
  const present = await resourcesOfDeployment(db, deploymentId, resource.kind);
  const known = new Set(present.map(({ provider_id }) => provider_id));
  const created = await dropletsBeingCreated(db, { deploymentId, before: startedBefore });
  const inCreation = created.filter((id) => id === null || !known.has(id)).length;
  const isHourly = usageKinds[kind]?.per === 'hour';
  return {
    ...capped,
    unit: usageKinds[kind]?.unit ?? kind,
    month,
    now,
    divisor: isHourly ? 3_600 : secondsOf(period),
    metered: metered.sums,
    meteredUntil: metered.until,
    running: present.map(({ status, since }) => ({
      units: unitsByKind({ kind: resource.kind, status, attrs: {}, is_present: true }).get(kind) ?? '0',
      since: Temporal.Instant.from(since),
    })),
    beingCreated: new Decimal(added).times(inCreation).toFixed(),
  };
}

/** Units of each billing kind that a resource counts for, over all dimensions. An unknown size counts as nothing. */
function unitsByKind(resource: ResourceState & { kind: string }): Map<string, string> {
  const units = new Map<string, string>();
  for (const one of measuresOf(resource)) {
    units.set(one.kind, new Decimal(units.get(one.kind) ?? '0').plus(one.units ?? '0').toFixed());
  }
  return units;
}
