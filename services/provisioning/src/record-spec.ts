import { canonicalJson, type EventData, provisioning } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import type { Spec } from './domain/desired-state.ts';
import { type DesiredRow, lockDesiredState, saveDesiredState } from './store/desired-states.ts';
import type { Schema } from './store/schema.ts';

export type Reply = NonNullable<EventData<typeof provisioning.resourceProvisioned>['in_reply_to']>;

type Resource = { resource_id: string; provider: string; kind: string; provider_id: string };

/**
 * The only writer of what a resource ought to be. An equal spec is no new version; said it is all the same, because a
 * resource that a saga has just restored must be known to have been.
 * @param given.spec undefined leaves it as it stands, null asks for nothing any more, a function makes it from what stands
 */
export async function recordSpec(
  tx: Tx<Schema>,
  given: {
    resource: Resource;
    owner: { deployment_id: string | null; tenant_id: string | null };
    spec: Spec | null | undefined | ((before: Spec | null) => Spec | null);
    /** The saga that brought it about; it is named in what is said, so that only what is seen later is compared with it. */
    sagaId: string | null;
    now: Temporal.Instant;
    reply?: Reply;
  },
): Promise<DesiredRow> {
  const before = await lockDesiredState(tx.sql, given.resource.resource_id);
  const spec = nextSpec(given.spec, before?.spec ?? null);
  const isSame = before !== null && sameSpec(before.spec, spec);
  const after: DesiredRow = {
    ...given.resource,
    deployment_id: given.owner.deployment_id ?? before?.deployment_id ?? null,
    tenant_id: given.owner.tenant_id ?? before?.tenant_id ?? null,
    spec: spec as Record<string, never> | null,
    spec_version: (before?.spec_version ?? 0) + (isSame ? 0 : 1),
    saga_id: given.sagaId ?? before?.saga_id ?? null,
    revision: (before?.revision ?? 0) + 1,
    updated_at: given.now.toString(),
  };
  await saveDesiredState(tx.sql, after);
  const said = provisionedOf({ ...after, saga_id: given.sagaId }, given.reply ?? null);
  await tx.publish(provisioning.resourceProvisioned, said, { occurredAt: given.now });
  return after;
}

function nextSpec(asked: Parameters<typeof recordSpec>[1]['spec'], before: Spec | null): Spec | null {
  if (asked === undefined) return before;
  return typeof asked === 'function' ? asked(before) : asked;
}

const sameSpec = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

const provisionedOf = (row: DesiredRow, reply: Reply | null): EventData<typeof provisioning.resourceProvisioned> => {
  const { updated_at, ...rest } = row;
  return { ...rest, in_reply_to: reply, effective_at: updated_at };
};
