import { expect, test } from 'vitest';
import { ServiceBusy, ServiceUnavailable } from '../requests/request-wire.ts';
import { infrastructureReason, isInfrastructureError, isRetryable } from './infrastructure-errors.ts';

const coded = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code });

test('errors of the infrastructure are distinguished from errors of the message', () => {
  for (const code of ['08006', '57P01', '57P03', '53300', '40001', '40P01', 'ECONNREFUSED', 'ECONNRESET']) {
    expect(isInfrastructureError(coded(code))).toBe(true);
  }
  for (const code of ['23505', '22P02', '42P01', '23514']) expect(isInfrastructureError(coded(code))).toBe(false);
  expect(isInfrastructureError(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isInfrastructureError(new Error('Query read timeout'))).toBe(true);
  expect(isInfrastructureError(new Error('wrapped', { cause: coded('57P01') }))).toBe(true);
  expect(isInfrastructureError(new ServiceUnavailable('metering', 'away'))).toBe(true);
  expect(isInfrastructureError(new TypeError('x is not a function'))).toBe(false);
});

test('a service that is busy may be asked again, and its sender learns of what there is too much', () => {
  const busy = new ServiceBusy('32 PDFs wait to be drawn');
  expect([isInfrastructureError(busy), infrastructureReason(busy)]).toEqual([true, '32 PDFs wait to be drawn']);
});

test('only serialization failures and deadlocks are retried at once', () => {
  expect(isRetryable(coded('40001'))).toBe(true);
  expect(isRetryable(new Error('outer', { cause: coded('40P01') }))).toBe(true);
  expect(isRetryable(coded('57P01'))).toBe(false);
});
