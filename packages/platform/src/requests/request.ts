import { setTimeout as delay } from 'node:timers/promises';
import { isRefusal, type RequestContract, type RequestOutput, type RequestRefusal } from '@arcadia/contracts';
import { errors, type Msg, type MsgHdrs } from '@nats-io/nats-core';
import type { z } from 'zod';
import { endOfTurn } from '../bus/end-of-turn.ts';
import { faultsOf } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import { writeHeaders } from '../bus/written-headers.ts';
import type { RequestOptions, StreamedReply } from '../kernel/definition.ts';
import { requestIdNow, spanWithin, traceparentNow } from '../kernel/tracing.ts';
import { fetchChunks } from './answer-stream.ts';
import { readReply } from './read-reply.ts';
import type { RequestHead } from './request-signature.ts';
import { requestHeader, requestSubject, ServiceFailed, ServiceUnavailable, unavailableCode } from './request-wire.ts';

const defaultDeadlineMs = 5_000;
const retryAfterMs = 100;

/**
 * Sends a request and waits for its answer, 5 s by default. A refusal is returned as a value. A read is tried twice, a command once.
 * @throws ServiceUnavailable when no answer arrives in time or the service's infrastructure fails, ServiceFailed when the handler fails, Error for invalid input
 */
export async function sendRequest<Contract extends RequestContract>(
  bus: Bus,
  contract: Contract,
  input: z.input<Contract['input']>,
  options: RequestOptions,
): Promise<RequestOutput<Contract> | RequestRefusal<Contract>> {
  return readReply(contract, await request(bus, contract, input, options), 'answer');
}

/** Requests a file; errors as for `sendRequest`. The chunks are fetched as they are read. */
export async function sendStreamRequest<Contract extends RequestContract>(
  bus: Bus,
  contract: Contract,
  input: z.input<Contract['input']>,
  options: RequestOptions,
): Promise<StreamedReply | RequestRefusal<Contract>> {
  const reply = await request(bus, contract, input, options);
  const body = readReply(contract, reply, 'stream');
  if (isRefusal(body)) return body as RequestRefusal<Contract>;
  const chunksSubject = reply.headers?.get(requestHeader.chunks) ?? '';
  return { head: body as Record<string, unknown>, chunks: fetchChunks(bus, contract.service, chunksSubject) };
}

/** A request as it is sent: its subject, and its input as JSON. */
type Sent = { subject: string; body: string };

/** A span of its own, also around a repeated attempt. */
const request = (bus: Bus, contract: RequestContract, input: unknown, options: RequestOptions): Promise<Msg> =>
  spanWithin(
    `request ${contract.name}`,
    { kind: 'client', attributes: { 'arcadia.answered_by': contract.service } },
    () => patiently(bus, contract, input, options),
  );

async function patiently(bus: Bus, contract: RequestContract, input: unknown, options: RequestOptions): Promise<Msg> {
  const parsed = contract.input.safeParse(input);
  if (!parsed.success) throw new Error(`the input of ${contract.name} is invalid: ${faultsOf(parsed.error)}`);
  const deadline = performance.now() + (options.deadlineMs ?? defaultDeadlineMs);
  const sent: Sent = {
    subject: requestSubject(contract.service, contract.name),
    body: JSON.stringify(input ?? null),
  };
  const attempts = contract.effect === 'read' ? 2 : 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requestOnce(
        bus,
        contract,
        sent,
        headersFor(bus, sent, options, deadline - performance.now()),
        deadline,
        attempts - attempt + 1,
      );
    } catch (error) {
      const isWorthIt =
        error instanceof ServiceUnavailable && attempt < attempts && performance.now() + retryAfterMs < deadline;
      if (!isWorthIt) throw error;
      await delay(retryAfterMs);
    }
  }
}

/** The header of one attempt; a trace or a request id that no header may hold is left out. */
function headersFor(bus: Bus, request: Sent, { actor, ...options }: RequestOptions, timeLeftMs: number): MsgHdrs {
  const { idempotencyKey = null, ifMatch = null } = options;
  const traceparent = traceparentNow() ?? options.traceparent ?? '';
  const requestId = options.requestId ?? requestIdNow() ?? '';
  const head: RequestHead = {
    ...{ actor, idempotencyKey, ifMatch },
    timeLeftMs: Math.max(1, Math.ceil(timeLeftMs)),
    traceparent: /^[\da-f-]{1,128}$/.test(traceparent) ? traceparent : null,
    requestId: /^[\w=-]{1,255}$/.test(requestId) ? requestId : null,
  };
  return writeHeaders({ [requestHeader.request]: bus.signer.sign(head, request) });
}

/** Sends one attempt. It gets its share of the time left, so that after a lost request there is time for a second one. */
async function requestOnce(
  bus: Bus,
  contract: RequestContract,
  { subject, body }: Sent,
  headers: MsgHdrs,
  deadline: number,
  attemptsLeft: number,
): Promise<Msg> {
  await endOfTurn();
  if (!bus.isConnected()) throw new ServiceUnavailable(contract.service, 'no connection to NATS');
  const timeoutMs = Math.max(50, Math.ceil((deadline - performance.now()) / attemptsLeft));
  let reply: Msg;
  try {
    reply = await bus.request(subject, body, { headers, timeoutMs });
  } catch (error) {
    if (error instanceof errors.TimeoutError) {
      throw new ServiceUnavailable(contract.service, `no answer to ${contract.name} within ${timeoutMs} ms`, {
        cause: error,
      });
    }
    if (error instanceof errors.NoRespondersError) {
      throw new ServiceUnavailable(contract.service, `no replica answers ${contract.name}`, { cause: error });
    }
    throw new ServiceUnavailable(contract.service, `the request ${contract.name} could not be sent`, { cause: error });
  }
  const failure = reply.headers?.get('Nats-Service-Error');
  if (failure && reply.headers?.get('Nats-Service-Error-Code') === String(unavailableCode))
    throw new ServiceUnavailable(contract.service, failure, { reason: failure });
  if (failure) throw new ServiceFailed(contract.service, contract.name, failure);
  return reply;
}
