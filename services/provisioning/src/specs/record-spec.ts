import { canonicalJson, type EventData, provisioning } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import type { Spec } from '../domain/specs/desired-state.ts';
import { type DesiredRow, lockDesiredState, saveDesiredState } from '../store/specs/desired-states.ts';

/** The reply to a request of drift, published with the desired state. */
export type DriftReply = NonNullable<EventData<typeof provisioning.resourceProvisioned>['in_reply_to']>;

type Resource = { resource_id: string; provider: string; kind: string; provider_id: string };

/**
 * Writes and publishes the desired state of a resource; nothing else writes it. An equal spec is no new version, but is
 * published all the same, because a saga may just have restored the resource to it.
 * @param given.spec undefined: leave it unchanged; null: the resource has no desired state any more; a function: derive it from
 * the present one
 */
export async function recordSpec(
  tx: Tx,
  given: {
    resource: Resource;
    owner: { deployment_id: string | null; tenant_id: string | null };
    spec: Spec | null | undefined | ((before: Spec | null) => Spec | null);
    /** The saga that changed the resource; drift compares only later observations with the spec. */
    sagaId: string | null;
    now: Temporal.Instant;
    reply?: DriftReply;
  },
): Promise<DesiredRow> {
  const before = await lockDesiredState(tx.sql, given.resource.resource_id);
  const spec = nextSpec(given.spec, before?.spec ?? null);
  const isSame = before !== null && canonicalJson(before.spec) === canonicalJson(spec);
  const after: DesiredRow = {
    ...given.resource,
    deployment_id: given.owner.deployment_id ?? before?.deployment_id ?? null,
    tenant_id: given.owner.tenant_id ?? before?.tenant_id ?? null,
    spec,
    spec_version: (before?.spec_version ?? 0) + (isSame ? 0 : 1),
    saga_id: given.sagaId ?? before?.saga_id ?? null,
    revision: (before?.revision ?? 0) + 1,
    updated_at: given.now.toString(),
  };
  await saveDesiredState(tx.sql, after);
  const event = provisionedOf({ ...after, saga_id: given.sagaId }, given.reply ?? null);
  await tx.publish(provisioning.resourceProvisioned, event, { occurredAt: given.now });
  return after;
}

function nextSpec(given: Parameters<typeof recordSpec>[1]['spec'], before: Spec | null): Spec | null {
  if (given === undefined) return before;
  return typeof given === 'function' ? given(before) : given;
}

function provisionedOf(
  { updated_at, ...row }: DesiredRow,
  reply: DriftReply | null,
): EventData<typeof provisioning.resourceProvisioned> {
  return { ...row, in_reply_to: reply, effective_at: updated_at };
}
