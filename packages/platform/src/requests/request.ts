import { setTimeout as delay } from 'node:timers/promises';
import type { RequestContract, RequestOutput, RequestRefusal } from '@arcadia/contracts';
import { errors, type Msg, type MsgHdrs, MsgHdrsImpl, RequestError } from '@nats-io/nats-core';
import type { z } from 'zod';
import { faultsOf } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import type { RequestOptions, StreamedReply } from '../kernel/definition.ts';
import { fetchChunks } from './answer-stream.ts';
import { askHeader, askSubject, ServiceFailed, ServiceUnavailable, writeActor } from './request-wire.ts';

const defaultDeadlineMs = 5_000;
const retryAfterMs = 100;

/** Ask a service. Refusals are values; ServiceUnavailable and ServiceFailed are thrown. A read is tried twice, a command once. */
export async function sendRequest<Contract extends RequestContract>(
  bus: Bus,
  contract: Contract,
  input: z.input<Contract['input']>,
  options: RequestOptions,
): Promise<RequestOutput<Contract> | RequestRefusal<Contract>> {
  const reply = await request(bus, contract, input, options);
  // Checked, and cut down to what the contract names, where it was made.
  return reply.json() as RequestOutput<Contract> | RequestRefusal<Contract>;
}

/** Ask for a file. The chunks are fetched as they are read; stop reading and no more come. */
export async function sendStreamRequest<Contract extends RequestContract>(
  bus: Bus,
  contract: Contract,
  input: z.input<Contract['input']>,
  options: RequestOptions,
): Promise<StreamedReply | RequestRefusal<Contract>> {
  const reply = await request(bus, contract, input, options);
  const body = reply.json() as Record<string, unknown>;
  if (reply.headers?.get(askHeader.outcome) === 'refusal') return body as RequestRefusal<Contract>;
  const place = reply.headers?.get(askHeader.chunks) ?? '';
  return { head: body, chunks: fetchChunks(bus, contract.service, place) };
}

async function request(bus: Bus, contract: RequestContract, input: unknown, options: RequestOptions): Promise<Msg> {
  const parsed = contract.input.safeParse(input);
  if (!parsed.success) throw new Error(`${contract.name} asked with unusable input: ${faultsOf(parsed.error)}`);
  const deadline = Date.now() + (options.deadlineMs ?? defaultDeadlineMs);
  const payload = JSON.stringify(input ?? null);
  const attempts = contract.effect === 'read' ? 2 : 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requestOnce(bus, contract, payload, askHeaders(options, deadline), deadline, attempts - attempt + 1);
    } catch (error) {
      const isWorthIt =
        error instanceof ServiceUnavailable && attempt < attempts && Date.now() + retryAfterMs < deadline;
      if (!isWorthIt) throw error;
      await delay(retryAfterMs);
    }
  }
}

function askHeaders(options: RequestOptions, deadline: number): MsgHdrs {
  const record: Record<string, string[]> = {
    [askHeader.actor]: [writeActor(options.actor)],
    [askHeader.deadline]: [String(deadline)],
  };
  if (options.idempotencyKey !== undefined) {
    record[askHeader.idempotencyKey] = [Buffer.from(options.idempotencyKey, 'utf8').toString('base64url')];
  }
  const { traceparent } = options;
  if (traceparent !== undefined && /^[\da-f-]{1,128}$/.test(traceparent)) record[askHeader.traceparent] = [traceparent];
  return MsgHdrsImpl.fromRecord(record);
}

/** One attempt gets its share of the time that is left, so that a lost request leaves room for the second. */
async function requestOnce(
  bus: Bus,
  contract: RequestContract,
  payload: string,
  head: MsgHdrs,
  deadline: number,
  attemptsLeft: number,
): Promise<Msg> {
  if (!bus.isConnected()) throw new ServiceUnavailable(contract.service, 'no connection to NATS');
  const timeout = Math.max(50, Math.ceil((deadline - Date.now()) / attemptsLeft));
  let reply: Msg;
  try {
    reply = await bus.whileConnected(
      bus.nc.request(askSubject(contract.service, contract.name), payload, { headers: head, timeout }),
    );
  } catch (error) {
    if (error instanceof errors.TimeoutError || (error instanceof RequestError && error.message.includes('timeout'))) {
      throw new ServiceUnavailable(contract.service, `no answer to ${contract.name} within ${timeout} ms`, {
        cause: error,
      });
    }
    if (error instanceof RequestError && error.isNoResponders()) {
      throw new ServiceUnavailable(contract.service, `nobody answers ${contract.name}`, { cause: error });
    }
    throw new ServiceUnavailable(contract.service, `asking ${contract.name} failed`, { cause: error });
  }
  const failure = reply.headers?.get('Nats-Service-Error');
  if (failure) throw new ServiceFailed(contract.service, contract.name, failure);
  return reply;
}
