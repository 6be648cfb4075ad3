import { defineConfig } from '@arcadia/platform';
import { expect, test } from 'vitest';
import { financeAccess, financeVariables } from './config.ts';

const parse = defineConfig(financeVariables, financeAccess);

const secret = 'a secret of at least thirty-two bytes';

test('finance: absent and blank variables both mean that no finance system is configured', () => {
  expect(parse({})).toBeNull();
  expect(parse({ FINANCE_URL: '', FINANCE_SECRET: ' ', FINANCE_RECEIVABLE_PATH: '' })).toBeNull();
});

test('finance: an address keeps its port and path, plain http without a port means port 4010', () => {
  const urlOf = (url: string) => parse({ FINANCE_URL: url, FINANCE_SECRET: secret })?.url;
  expect(urlOf('http://finance.internal')).toBe('http://finance.internal:4010');
  expect(urlOf('http://finance.internal:80/')).toBe('http://finance.internal:80');
  expect(urlOf('https://finance.internal/erp/')).toBe('https://finance.internal/erp');
  expect(urlOf('http://[::1]')).toBe('http://[::1]:4010');
});

test.each([
  [{ FINANCE_URL: 'http://finance.internal' }, 'FINANCE_SECRET is not'],
  [{ FINANCE_SECRET: secret }, 'FINANCE_URL is not'],
  [{ FINANCE_URL: 'finance.internal', FINANCE_SECRET: secret }, 'not "finance.internal"'],
  [
    { FINANCE_URL: 'http://f', FINANCE_SECRET: secret, FINANCE_RECEIVABLE_PATH: 'x' },
    'FINANCE_RECEIVABLE_PATH: must begin with a slash',
  ],
])('finance: the configuration %o is rejected with the remedy', (env, message) => {
  expect(() => parse(env)).toThrow(message);
});
