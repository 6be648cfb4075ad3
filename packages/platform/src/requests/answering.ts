import { randomUUID } from 'node:crypto';
import { hasRole, isRefusal, type Refusal } from '@arcadia/contracts';
import type { MsgHdrs } from '@nats-io/nats-core';
import { type Service, type ServiceMsg, Svcm } from '@nats-io/services';
import { endOfTurn } from '../bus/end-of-turn.ts';
import { faultsOf } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import { writeHeaders } from '../bus/written-headers.ts';
import type { Answer, StreamedAnswer } from '../kernel/definition.ts';
import { infrastructureReason, isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import { invalidCursor, isUnreadableCursor } from '../postgres/page.ts';
import type { Runtime } from '../runtime.ts';
import { answerTooLarge, isTooLarge, validAnswer } from './answer-size.ts';
import { offerChunks } from './answer-stream.ts';
import { runCommand, runUnmanaged } from './command.ts';
import type { CommandCall } from './command-call.ts';
import { handleRead } from './pages.ts';
import {
  isInbox,
  maxReplyBytes,
  type Outcome,
  platformRefusal,
  requestHeader,
  requestSubject,
  unavailableCode,
} from './request-wire.ts';

/** The time left, in milliseconds, of a request that does not give it. */
const defaultTimeLeftMs = 5_000;

export type RunningAnswers = { stop(): Promise<void> };

/** Answers requests through the NATS services framework: replicas share a queue group, and the framework keeps statistics. */
export async function startAnswering<DB, Config>(
  runtime: Runtime<DB, Config>,
  answers: readonly Answer<DB, Config>[],
): Promise<RunningAnswers> {
  if (answers.length === 0) return { stop: async () => undefined };
  const service = await new Svcm(runtime.bus.nc).add({
    name: runtime.name,
    version: '1.0.0',
    description: `Arcadia Cloud ${runtime.name}`,
    queue: runtime.name,
  });
  const running = new Set<Promise<void>>();
  for (const answer of answers) addEndpoint(runtime, service, answer, running);
  // The server must know the subscriptions before this service reports that it is ready.
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
  const subject = requestSubject(runtime.name, name);
  service.addEndpoint(name.replaceAll('.', '_'), {
    subject,
    handler(error, message) {
      // A message that nats-server delivers from a stream keeps its own subject, and has no inbox for its reply.
      if (error !== null || message.subject !== subject || !isInbox(message.reply)) return;
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
    const { outcome, payload, place } = await settle(runtime, answer, message);
    await endOfTurn();
    message.respond(payload, {
      headers: outcome === 'answer' ? headersOfAnswer : outcomeHeaders(outcome, place),
    });
    runtime.metrics.count('arcadia_answered_total', { request, outcome });
    runtime.metrics.time('arcadia_request_seconds', { request }, startedMs);
  } catch (error) {
    if (isInfrastructureError(error)) {
      const reason = infrastructureReason(error);
      runtime.ctx.log.warn({ err: error, request }, `a request could not be answered: ${reason}`);
      runtime.metrics.count('arcadia_answered_total', { request, outcome: 'unavailable' });
      message.respondError(unavailableCode, reason);
      return;
    }
    const incident = reportIncident(runtime, error, { request });
    message.respondError(500, incident);
  }
}

const outcomeHeaders = (outcome: Outcome, place?: string): MsgHdrs =>
  writeHeaders({
    [requestHeader.outcome]: outcome,
    ...(place === undefined ? {} : { [requestHeader.chunks]: place }),
  });
const headersOfAnswer = outcomeHeaders('answer');

/** Logs the error; the requester gets only the incident id under which the log shows it. */
function reportIncident<DB, Config>(runtime: Runtime<DB, Config>, error: unknown, about: object): string {
  const incident = randomUUID();
  runtime.ctx.log.error({ err: error, incident, ...about }, 'a request failed');
  runtime.metrics.count('arcadia_incidents_total', {});
  return incident;
}

type Settled = { outcome: Outcome; payload: string; place?: string };

async function settle<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  message: ServiceMsg,
): Promise<Settled> {
  const call = readCall(runtime.bus, answer, message);
  if (isRefusal(call)) return settled('refusal', call);
  const { traceparent: parent, requestId } = call;
  const span = { kind: 'server', parent, requestId } as const;
  return runtime.tracing.span(`answer ${answer.contract.name}`, span, () => settleCall(runtime, answer, call));
}

const settled = (outcome: Outcome, body: unknown): Settled => ({ outcome, payload: JSON.stringify(body ?? null) });

/** A page that is too large for a message is read again with as few rows as will fit; `next_cursor` leads to the others. */
async function settleCall<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  call: CommandCall,
): Promise<Settled> {
  const given = await handle(runtime, answer, call);
  if (isRefusal(given)) return settled('refusal', given);
  if (answer.kind === 'stream') {
    const streamed = given as StreamedAnswer;
    const onError = (error: unknown) => reportIncident(runtime, error, { request: answer.contract.name });
    return { ...settled('stream', streamed.head), place: offerChunks(runtime, streamed, onError) };
  }
  // The answer to a command was validated before its commit, and that to a read is by its receiver (decision 0075).
  const whole = settled('answer', answer.kind === 'unmanaged' ? validAnswer(answer.contract, given) : given);
  if (!isTooLarge(whole.payload)) return whole;
  const smaller = answer.kind === 'read' ? withSmallerLimit(call, whole.payload.length) : null;
  return smaller === null ? settled('refusal', answerTooLarge(answer.contract)) : settleCall(runtime, answer, smaller);
}

/** The same call with at most half of its `limit`; null when it has none or it is 1. */
function withSmallerLimit(call: CommandCall, bytes: number): CommandCall | null {
  const { input } = call;
  if (typeof input !== 'object' || input === null || !('limit' in input)) return null;
  const given = Number(input.limit);
  if (!(given > 1)) return null;
  const limit = Math.max(1, Math.floor(given * Math.min(1 / 2, maxReplyBytes / bytes)));
  return withInput(call, { ...input, limit });
}

/** The same call with another input. Its signal is still created on first use. */
function withInput(call: CommandCall, input: object): CommandCall {
  const { contract, actor, deadlineMs, idempotencyKey, traceparent, ifMatch, requestId } = call;
  return {
    ...{ contract, input, actor, deadlineMs, idempotencyKey, traceparent, ifMatch, requestId },
    get signal() {
      return call.signal;
    },
  };
}

async function handle<DB, Config>(
  runtime: Runtime<DB, Config>,
  answer: Answer<DB, Config>,
  call: CommandCall,
): Promise<unknown> {
  if (answer.kind === 'unmanaged') return runUnmanaged(runtime, answer, call);
  if (answer.kind !== 'command') {
    try {
      return await handleRead(answer, call, { ctx: runtime.ctx, withInput });
    } catch (error) {
      if (!isUnreadableCursor(call.input, error)) throw error;
      runtime.ctx.log.info(
        { err: error, request: answer.contract.name },
        'a cursor that the list cannot read was refused',
      );
      return invalidCursor();
    }
  }
  try {
    return await runCommand(runtime, answer, call);
  } catch (error) {
    // The wait for a lock lasted until the deadline: the same request, or one about the same row, is still running.
    if (error instanceof Error && 'code' in error && error.code === '55P03') {
      return platformRefusal('in-flight', `${answer.contract.name} is waiting for another request; retry it`);
    }
    throw error;
  }
}

/** Reads and checks a request: its signature, the roles of the actor, the time left and the input. */
function readCall<DB, Config>(bus: Bus, answer: Answer<DB, Config>, message: ServiceMsg): CommandCall | Refusal {
  const { contract } = answer;
  const header = message.headers?.get(requestHeader.request) ?? '';
  const isOnce = contract.effect === 'command';
  const head = bus.signer.verify(header, { subject: message.subject, body: message.data, isOnce });
  if ('fault' in head)
    return platformRefusal(
      'forbidden',
      `${contract.name} needs an actor, signed by its sender, in the header ${requestHeader.request}; the request ${head.fault}`,
    );
  const { actor, timeLeftMs, idempotencyKey, traceparent, ifMatch, requestId } = head;
  if (!hasRole(actor, contract.roles)) {
    return platformRefusal(
      'forbidden',
      `${contract.name} needs one of the roles ${contract.roles.join(', ')}; the actor has ${actor.roles.join(', ') || 'none'}`,
    );
  }
  const deadlineMs = performance.now() + (timeLeftMs || defaultTimeLeftMs);
  let body: unknown;
  try {
    body = message.data.length === 0 ? null : message.json();
  } catch {
    return platformRefusal('invalid-input', `${contract.name} has a body that is not JSON`);
  }
  const input = contract.input.safeParse(body ?? undefined);
  if (!input.success) {
    return platformRefusal('invalid-input', `${contract.name}: ${faultsOf(input.error)}`, {
      errors: input.error.issues.map((issue) => ({ path: issue.path.map(String), detail: issue.message })),
    });
  }
  let signal: AbortSignal | null = null;
  return {
    ...{ contract, actor, deadlineMs, idempotencyKey, traceparent, ifMatch, requestId },
    input: input.data,
    /** Created on first use: most handlers finish without it, and a timer has a cost. */
    get signal() {
      signal ??= AbortSignal.timeout(Math.max(1, Math.ceil(deadlineMs - performance.now())));
      return signal;
    },
  };
}
