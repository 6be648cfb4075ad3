import { type Actor, contentHash, isRefusal, type Refusal, type RequestContract } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Answer, Tx, UnmanagedRequest } from '../kernel/definition.ts';
import { failpoint } from '../kernel/failpoints.ts';
import { bufferEvents, retryingConflicts, withinTransaction } from '../outbox/transaction.ts';
import { unawaited } from '../postgres/session-client.ts';
import type { Runtime } from '../runtime.ts';
import { answerTooLarge, isTooLarge, validAnswer } from './answer-size.ts';
import { audit, readObject } from './audit.ts';
import type { CommandCall } from './command-call.ts';
import { staleness } from './precondition.ts';
import { platformRefusal } from './request-wire.ts';

/**
 * Runs a command in one transaction with its idempotency row and its audit row. A second call with the same key waits for the
 * first (its row is locked) and gets the same answer; if the deadline comes first, it is refused as `in-flight`. A refused
 * command has no effect but the audit row and the stored answer.
 */
export async function runCommand<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  call: CommandCall,
): Promise<unknown> {
  const known = await findAnswer(runtime, answer, call);
  if (known !== null) return known.response;
  const resolved = await answer.resolve?.(call, runtime.ctx);
  const once = async (trx: Transaction<DB>) => {
    await limitWaiting(trx, call);
    const remembered = call.idempotencyKey === null ? null : await recall(trx, call, call.idempotencyKey);
    if (remembered !== null) return { response: remembered.response, published: false };

    const stale = await staleness(runtime, trx, call);
    const events = bufferEvents(trx, runtime.publisher);
    const before = await readObject(runtime, trx, call);
    await sql`SAVEPOINT effect${unawaited}`.execute(trx);
    const early = stale ?? (isRefusal(resolved) ? resolved : null);
    const response =
      early ?? sendable(call.contract, await answer.handle(withTx(call, events.tx, resolved), runtime.ctx));
    if (isRefusal(response)) {
      await sql`ROLLBACK TO SAVEPOINT effect`.execute(trx);
      events.forgetAfter(0);
    }
    if (call.idempotencyKey !== null) await remember(trx, call, call.idempotencyKey, response);
    const after = isRefusal(response) ? null : await readObject(runtime, trx, call);
    await audit(runtime, events.tx, call, { response, before, after });
    const published = await events.write();
    await failpoint('command.before-commit');
    return { response, published };
  };
  const result = await retryingConflicts(() => withinTransaction(() => runtime.db.transaction().execute(once)));
  if (result.published) runtime.publisher.wake();
  await failpoint('command.after-commit');
  return result.response;
}

/**
 * Runs a command that manages its own transactions. Its handler audits it in the transaction of its effect (`audit` of the request); otherwise
 * it is audited afterwards. A service without a database audits nothing.
 */
export async function runUnmanaged<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  call: CommandCall,
): Promise<unknown> {
  let isAudited = false;
  const request: CommandCall & Pick<UnmanagedRequest<RequestContract>, 'audit'> = {
    ...withTx(call, null as never, undefined),
    audit: async (tx, response) => {
      await audit(runtime, tx as Tx<DB>, call, { response, before: null, after: null });
      isAudited = true;
    },
  };
  const response = await answer.handle(request, runtime.ctx);
  if (call.contract.effect === 'command' && runtime.hasDatabase && !isAudited)
    await runtime.ctx.transact((tx) => audit(runtime, tx, call, { response, before: null, after: null }));
  return response;
}

/** The answer as it will be sent; a refusal when it does not fit into a message. Checked before the commit: what took effect is never refused. */
function sendable(contract: RequestContract, given: unknown): unknown {
  if (isRefusal(given)) return given;
  const answer = validAnswer(contract, given);
  return isTooLarge(JSON.stringify(answer ?? null)) ? answerTooLarge(contract) : answer;
}

/**
 * The stored answer of this key, read before `resolve` is called; null when there is none yet. Without a `resolve` phase the
 * transaction itself reads it.
 */
async function findAnswer<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  call: CommandCall,
): Promise<{ response: unknown } | null> {
  const key = call.idempotencyKey;
  if (answer.resolve === undefined || key === null) return null;
  const found = await sql<{ fingerprint: string; response: unknown }>`
    SELECT fingerprint, response FROM idempotency
    WHERE scope = ${scopeOf(call.actor)} AND key = ${key} AND response IS NOT NULL`.execute(runtime.db);
  const row = found.rows[0];
  if (row === undefined) return null;
  return { response: row.fingerprint === fingerprintOf(call) ? row.response : reused(key) };
}

/** The request as the handler gets it. The signal is still created on first use only. */
function withTx<DB>(call: CommandCall, tx: Tx<DB>, resolved: unknown): CommandCall & { tx: Tx<DB>; resolved: unknown } {
  const { contract, input, actor, deadlineMs, idempotencyKey, traceparent, ifMatch, requestId } = call;
  return {
    ...{ contract, input, actor, deadlineMs, idempotencyKey, traceparent, ifMatch, requestId, tx, resolved },
    get signal() {
      return call.signal;
    },
  };
}

/** An idempotency key belongs to a tenant, or to the operator who used it. */
function scopeOf(actor: Actor): string {
  return actor.tenant_id === null ? `subject:${actor.subject}` : `tenant:${actor.tenant_id}`;
}

function fingerprintOf(call: CommandCall): string {
  return contentHash({ request: call.contract.name, input: call.input });
}

/** Limits waiting for locks to 80 % of the time left, so that the requester still gets a refusal before the deadline. */
async function limitWaiting<DB>(trx: Transaction<DB>, call: CommandCall): Promise<void> {
  const left = Math.floor((call.deadlineMs - performance.now()) * 0.8);
  await sql`SELECT set_config('lock_timeout', ${`${Math.max(100, left)}ms`}, true)${unawaited}`.execute(trx);
}

/** Takes the idempotency key and returns null, or returns the stored answer of the key. */
async function recall<DB>(trx: Transaction<DB>, call: CommandCall, key: string): Promise<{ response: unknown } | null> {
  const scope = scopeOf(call.actor);
  const fingerprint = fingerprintOf(call);
  const taken = await sql`
    INSERT INTO idempotency (scope, key, request, fingerprint) VALUES (${scope}, ${key}, ${call.contract.name}, ${fingerprint})
    ON CONFLICT (scope, key) DO NOTHING RETURNING key`.execute(trx);
  if (taken.rows.length > 0) return null;
  const found = await sql<{ fingerprint: string; response: unknown }>`
    SELECT fingerprint, response FROM idempotency WHERE scope = ${scope} AND key = ${key}`.execute(trx);
  const row = found.rows[0];
  if (row === undefined)
    return { response: platformRefusal('in-flight', 'the same request is still running; retry it with the same key') };
  if (row.fingerprint !== fingerprint) return { response: reused(key) };
  return { response: row.response };
}

function reused(key: string): Refusal {
  return platformRefusal(
    'idempotency-key-reused',
    `the idempotency key "${key}" was used for a different request; use a new key`,
  );
}

/** The answer that a repetition gets: without the secrets, which are answered once. */
function repeatable({ secrets = [] }: RequestContract, response: unknown): unknown {
  if (secrets.length === 0 || typeof response !== 'object' || response === null) return response;
  return Object.fromEntries(
    Object.entries(response).map(([name, value]) => [name, secrets.includes(name) ? null : value]),
  );
}

async function remember<DB>(trx: Transaction<DB>, call: CommandCall, key: string, response: unknown): Promise<void> {
  await sql`UPDATE idempotency SET response = ${JSON.stringify(repeatable(call.contract, response) ?? null)}
    WHERE scope = ${scopeOf(call.actor)} AND key = ${key}`.execute(trx);
}
