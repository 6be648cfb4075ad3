import { randomUUID } from 'node:crypto';
import { isRefusal, type Refusal } from '@arcadia/contracts';
import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/nats-core';
import { type Service, type ServiceMsg, Svcm } from '@nats-io/services';
import { faultsOf } from '../bus/message.ts';
import type { Answer, StreamedAnswer } from '../kernel/definition.ts';
import type { Runtime } from '../runtime.ts';
import { offerChunks } from './answer-stream.ts';
import { type CommandCall, runCommand } from './command.ts';
import { askHeader, askSubject, maxReplyBytes, type Outcome, platformRefusal, readActor } from './request-wire.ts';

export type RunningAnswers = { stop(): Promise<void> };

/** Answer through the NATS services framework: replicas share a queue group, and statistics come with it. */
export async function startAnswering<DB, Config>(
  runtime: Runtime<DB, Config>,
  answers: readonly Answer<DB, Config>[],
): Promise<RunningAnswers> {
  const service = await new Svcm(runtime.bus.nc).add({
    name: runtime.name,
    version: '1.0.0',
    description: `Arcadia Cloud ${runtime.name}`,
    queue: runtime.name,
  });
  const running = new Set<Promise<void>>();
  for (const answer of answers) addEndpoint(runtime, service, answer, running);
  // The server must know of the subscriptions before others are told that this service is ready.
  await runtime.bus.nc.flush();
  return {
    async stop() {
      await service.stop();
      await Promise.allSettled(running);
    },
  };
}

function addEndpoint<DB, Config>(
  runtime: Runtime<DB, Config>,
  service: Service,
  answer: Answer<DB, Config>,
  running: Set<Promise<void>>,
): void {
  const { name } = answer.contract;
  service.addEndpoint(name.replaceAll('.', '_'), {
    subject: askSubject(runtime.name, name),
    handler(error, message) {
      if (error !== null) return;
      const finished = runtime.activity
        .during(() => reply(runtime, answer, message))
        .finally(() => running.delete(finished));
      running.add(finished);
    },
  });
}

async function reply<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  message: ServiceMsg,
): Promise<void> {
  const request = answer.contract.name;
  const startedMs = performance.now();
  try {
    const { outcome, body, place } = await settle(runtime, answer, message);
    const payload = JSON.stringify(body ?? null);
    if (payload.length > maxReplyBytes / 4 && Buffer.byteLength(payload) > maxReplyBytes) {
      const refusal = platformRefusal(
        'answer-too-large',
        `the answer to ${request} is too large; ask for fewer at a time`,
      );
      message.respond(JSON.stringify(refusal), { headers: outcomeHeaders('refusal') });
      return;
    }
    message.respond(payload, { headers: outcomeHeaders(outcome, place) });
    runtime.metrics.count('arcadia_answered_total', { request, outcome });
    runtime.metrics.time('arcadia_request_seconds', { request }, startedMs);
  } catch (error) {
    const incident = reportIncident(runtime, error, { request });
    message.respondError(500, incident);
  }
}

function outcomeHeaders(outcome: Outcome, place?: string): MsgHdrs {
  return MsgHdrsImpl.fromRecord({
    [askHeader.outcome]: [outcome],
    ...(place === undefined ? {} : { [askHeader.chunks]: [place] }),
  });
}

/** What broke goes to the log; the asker gets only the number to look for. */
function reportIncident<DB, Config>(runtime: Runtime<DB, Config>, error: unknown, about: object): string {
  const incident = randomUUID();
  runtime.ctx.log.error({ err: error, incident, ...about }, 'a request failed');
  runtime.metrics.count('arcadia_incidents_total', {});
  return incident;
}

type Settled = { outcome: Outcome; body: unknown; place?: string };

async function settle<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  message: ServiceMsg,
): Promise<Settled> {
  const call = readCall(answer, message);
  if (isRefusal(call)) return { outcome: 'refusal', body: call };
  const given = await handle(runtime, answer, call);
  if (isRefusal(given)) return { outcome: 'refusal', body: given };
  if (answer.kind === 'stream') {
    const streamed = given as StreamedAnswer;
    const onError = (error: unknown) => reportIncident(runtime, error, { request: answer.contract.name });
    return { outcome: 'stream', body: streamed.head, place: offerChunks(runtime.bus, streamed, onError) };
  }
  const output = answer.contract.output.safeParse(given);
  if (!output.success) {
    throw new Error(`the answer to ${answer.contract.name} breaks its contract: ${faultsOf(output.error)}`);
  }
  return { outcome: 'answer', body: output.data };
}

async function handle<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  call: CommandCall,
): Promise<unknown> {
  if (answer.kind !== 'command') return await answer.handle(call, runtime.ctx);
  try {
    return await runCommand(runtime, answer, call);
  } catch (error) {
    // Waiting for a lock until the deadline: the same request, or one on the same thing, is still being worked on.
    if (error instanceof Error && 'code' in error && error.code === '55P03') {
      return platformRefusal('in-flight', `${answer.contract.name} is waiting for another request; ask again`);
    }
    throw error;
  }
}

/** Everything the wire carries, checked: who asks, whether they may, what for, until when. */
function readCall<DB, Config>(answer: Answer<DB, Config>, message: ServiceMsg): CommandCall | Refusal {
  const { contract } = answer;
  const actor = readActor(message.headers);
  if (actor === null) return platformRefusal('forbidden', `${contract.name} was asked without a valid actor`);
  if (!actor.roles.some((role) => contract.roles.includes(role))) {
    return platformRefusal('forbidden', `${contract.name} may not be asked by ${actor.roles.join(', ') || 'nobody'}`);
  }
  const deadlineMs = Number(message.headers?.get(askHeader.deadline) || Date.now() + 5_000);
  if (!(deadlineMs > Date.now()))
    return platformRefusal('deadline-exceeded', `${contract.name} came after its deadline`);
  let body: unknown;
  try {
    body = message.data.length === 0 ? null : message.json();
  } catch {
    return platformRefusal('invalid-input', `${contract.name} was asked with something that is not JSON`);
  }
  const input = contract.input.safeParse(body ?? undefined);
  if (!input.success) {
    return platformRefusal('invalid-input', `${contract.name}: ${faultsOf(input.error)}`, {
      errors: input.error.issues.map((issue) => ({ path: issue.path.map(String), detail: issue.message })),
    });
  }
  const key = message.headers?.get(askHeader.idempotencyKey);
  let signal: AbortSignal | null = null;
  return {
    contract,
    input: input.data,
    actor,
    deadline: Temporal.Instant.fromEpochMilliseconds(deadlineMs),
    /** Made when it is looked at: most handlers are done before a timer would be worth its cost. */
    get signal() {
      signal ??= AbortSignal.timeout(Math.max(1, deadlineMs - Date.now()));
      return signal;
    },
    idempotencyKey: key ? Buffer.from(key, 'base64url').toString('utf8') : null,
    traceparent: message.headers?.get(askHeader.traceparent) || null,
  };
}
