import { type Actor, auditedObjects, contentHash, gateway, isRefusal, type Json } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Tx } from '../kernel/definition.ts';
import { isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import type { Runtime } from '../runtime.ts';
import { validAnswer } from './answer-size.ts';
import type { CommandCall } from './command-call.ts';
import { contextWithin } from './context-within.ts';

/** A larger value is audited as its size and digest, in bytes of JSON. */
const largestValue = 16 * 1024;

const secretName = /pass(word)?|secret|token|authorization|credential|api_?key/i;

/** The input as the audit row stores it: the values of fields that are secrets by name are replaced. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, secretName.test(key) ? '[redacted]' : withoutSecrets(item)]),
  );
}

/** A value as the log keeps it: without secrets, and bounded. */
function kept(value: unknown): Json {
  const safe = (withoutSecrets(value) ?? null) as Json;
  const bytes = Buffer.byteLength(JSON.stringify(safe));
  return bytes <= largestValue ? safe : { truncated: true, bytes, sha256: contentHash(safe) };
}

/** The object of a command; null when it has none, or its id is in neither the input nor the answer. */
function objectOf({ contract, input }: CommandCall, response: unknown): { kind: string; id: string } | null {
  const object = auditedObjects[contract.name];
  if (object === undefined || object === null) return null;
  const id = [input, response].map((value) => (value as Record<string, unknown> | null)?.[object.id]).find(Boolean);
  return id === undefined ? null : { kind: object.kind, id: String(id) };
}

/** The read that shows what a command edits or is about, with its input; null where there is none. */
function shownBy({ contract, input }: CommandCall): { name: string; input: Record<string, unknown> } | null {
  const fields = (input ?? {}) as Record<string, unknown>;
  const { edits } = contract;
  if (edits !== undefined)
    return { name: edits.read.name, input: Object.fromEntries(edits.by.map((name) => [name, fields[name]])) };
  const object = auditedObjects[contract.name];
  const id = object === undefined || object === null ? undefined : fields[object.id];
  if (object?.read === undefined || id === undefined || id === null) return null;
  return { name: object.read, input: { [object.by ?? object.id]: id } };
}

/**
 * Of two commands about one object, the second reads what the first has left. Commands that edit something are in order already. The lock
 * is a transaction's first, so none waits in a circle.
 */
async function lockObject<DB>(trx: Transaction<DB>, { contract, input }: CommandCall): Promise<void> {
  const object = auditedObjects[contract.name];
  if (contract.edits !== undefined || object === undefined || object === null) return;
  const thing = `audited:${object.kind}:${String((input as Record<string, unknown>)[object.id])}`;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${thing}, 0))`.execute(trx);
}

/**
 * Reads the object of a command in the transaction of the command, as its sender may see it: with the request that shows it. Null
 * where there is no such request, and where it refuses. A failed reading is logged, and the command goes on without it.
 */
export async function readObject<DB, Config>(
  runtime: Runtime<DB, Config>,
  trx: Transaction<DB>,
  call: CommandCall,
): Promise<unknown> {
  const found = shownBy(call);
  const read = found === null ? undefined : runtime.reads.get(found.name);
  if (found === null || read === undefined) return null;
  const input = read.contract.input.safeParse(found.input);
  if (!input.success) return null;
  await lockObject(trx, call);
  const { actor, deadlineMs, traceparent } = call;
  const request = { input: input.data, actor, deadlineMs, traceparent, signal: call.signal };
  await sql`SAVEPOINT reading`.execute(trx);
  try {
    const answer = await read.handle(request, contextWithin(runtime, trx));
    await sql`RELEASE SAVEPOINT reading`.execute(trx);
    return isRefusal(answer) ? null : validAnswer(read.contract, answer);
  } catch (error) {
    if (isInfrastructureError(error)) throw error;
    await sql`ROLLBACK TO SAVEPOINT reading`.execute(trx);
    runtime.ctx.log.error({ err: error, request: call.contract.name }, 'an audited object could not be read');
    return null;
  }
}

/** The fields that differ between two states of an object, each side with its own values; beside amounts their currency, which stays. */
function changesOf(before: unknown, after: unknown): { before: unknown; after: unknown } {
  const isFields = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!isFields(before) || !isFields(after)) return { before, after };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (value: Record<string, unknown>, picked: readonly string[]) =>
    Object.fromEntries(picked.filter((name) => name in value).map((name) => [name, value[name]]));
  const hasAmount = /_(cents|minor)"/.test(JSON.stringify([pick(before, names), pick(after, names)]));
  const shown = hasAmount && !names.includes('currency') ? [...names, 'currency'] : names;
  return { before: pick(before, shown), after: pick(after, shown) };
}

/** What a command left: its answer, and its object before and after it where a request shows it. */
export type Effect = { response: unknown; before: unknown; after: unknown };

/** Writes the audit row of a command and publishes it, in the transaction of its effect. */
export async function audit<DB, Config>(
  runtime: Runtime<DB, Config>,
  tx: Tx<DB>,
  call: CommandCall,
  effect: Effect,
): Promise<void> {
  const at = runtime.ctx.clock.now();
  const { response } = effect;
  const refusal = isRefusal(response) ? response : null;
  const outcome = refusal?.refused ?? 'done';
  const detail = refusal?.detail ?? null;
  const { actor, contract, idempotencyKey, traceparent, requestId } = call;
  const inserted = await sql<{ id: string }>`
    INSERT INTO audit (at, actor, tenant_id, roles, request, input, outcome, detail, idempotency_key, traceparent, request_id)
    VALUES (${at.toString()}, ${actor.subject}, ${actor.tenant_id}, ${[...actor.roles]}, ${contract.name},
      ${JSON.stringify(withoutSecrets(call.input) ?? null)}, ${outcome}, ${detail}, ${idempotencyKey}, ${traceparent},
      ${requestId})
    RETURNING id`.execute(tx.sql);
  const isReadable = effect.before !== null || effect.after !== null;
  const changes =
    refusal === null ? changesOf(effect.before, isReadable ? effect.after : response) : { before: null, after: null };
  await tx.publish(gateway.commandAudited, {
    audit_id: `${runtime.name}:${inserted.rows[0]?.id}`,
    at: at.toString(),
    service: runtime.name,
    request: contract.name,
    actor: actor as Actor,
    object: objectOf(call, response),
    outcome,
    detail,
    input: kept(call.input),
    before: kept(changes.before),
    after: kept(changes.after),
    request_id: requestId,
    traceparent,
  });
}
