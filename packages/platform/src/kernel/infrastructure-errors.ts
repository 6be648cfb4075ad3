import { errors } from '@nats-io/nats-core';

const retryableStates = new Set(['40001', '40P01']);
/**
 * Connection lost, shutting down, starting up, out of connections, out of disk or memory, lock not available in time, or a
 * server that only reads because another one has taken over.
 */
const infrastructureStates = /^(08|53|57P0|58|55P03|25P03|25006|57014)/;
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const networkTexts =
  /connection terminated|connection ended|not queryable|timeout exceeded when trying to connect|connect timeout|client has encountered a connection error|query read timeout/i;

/** Errors of the NATS client for a server or a connection that is away; a request that the server refuses is none of them. */
const natsErrors = [
  errors.TimeoutError,
  errors.NoRespondersError,
  errors.ClosedConnectionError,
  errors.DrainingConnectionError,
  errors.ConnectionError,
] as const;
/** Errors of the platform for another service, or a stream, that does not answer. */
const unavailableNames = new Set(['ServiceUnavailable', 'ServiceBusy', 'UnknownOutcome']);

/** Thrown in a transaction that found out that another one was faster, so that it runs again from its beginning. */
export class Conflict extends Error {
  override name = 'Conflict';
}

/** True for a conflict, a serialization failure or a deadlock: the same transaction would probably succeed if retried at once. */
export function isRetryable(error: unknown): boolean {
  return causes(error).some((cause) => cause instanceof Conflict || retryableStates.has(codeOf(cause)));
}

/** True for an error of the infrastructure (Postgres, NATS, network, another service) rather than of the work: a later retry can succeed. */
export function isInfrastructureError(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    if (
      cause instanceof Conflict ||
      retryableStates.has(code) ||
      infrastructureStates.test(code) ||
      networkCodes.has(code)
    )
      return true;
    if (natsErrors.some((type) => cause instanceof type)) return true;
    if (cause instanceof Error && unavailableNames.has(cause.name)) return true;
    return cause instanceof Error && networkTexts.test(cause.message);
  });
}

/** True for a statement that Postgres could not carry out because its disk is full. */
export const isDiskFull = (error: unknown): boolean =>
  causes(error).some((cause) => codeOf(cause) === '53100' || codeOf(cause) === 'ENOSPC');

/** Why the infrastructure failed, as the end of a sentence for the sender of a request; it reveals no names or addresses. */
export function infrastructureReason(error: unknown): string {
  if (error instanceof Error && error.name === 'ServiceBusy') return error.message;
  const codes = causes(error).map(codeOf);
  if (isDiskFull(error)) return 'the disk of its database is full';
  if (codes.some((code) => code.startsWith('53'))) return 'its database has no memory or connections left';
  if (codes.includes('25006')) return 'its database can only be read at the moment';
  return 'its database, or a service that it needs, does not answer';
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && chain.length < 8; ) {
    chain.push(at);
    at = at instanceof Error ? at.cause : undefined;
  }
  return chain;
}
