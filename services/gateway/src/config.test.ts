import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const secret = 'x'.repeat(32);

test('gateway settings: a blank variable counts as absent', () => {
  const blank = { GATEWAY_PORT: '', JWT_JWKS_URL: ' ', JWT_AUDIENCE: '', CORS_ORIGINS: '', REQUEST_TIMEOUT_MS: '' };
  expect(parseConfig({ ...blank, JWT_SECRET: secret })).toEqual(parseConfig({ JWT_SECRET: secret }));
});

test('gateway settings: an invalid variable is named', () => {
  expect(() => parseConfig({ JWT_SECRET: secret, GATEWAY_PORT: '70000' })).toThrow(/GATEWAY_PORT/);
  expect(() => parseConfig({ JWT_SECRET: 'short' })).toThrow(/JWT_SECRET: needs at least 32 characters/);
  expect(() => parseConfig({})).toThrow(/either JWT_SECRET \(HS256\) or JWT_JWKS_URL/);
  expect(() => parseConfig({ JWT_SECRET: secret, JWT_JWKS_URL: 'https://issuer.example/jwks' })).toThrow(/either/);
});

test('gateway settings: a list with one wrong item is refused, and names its variable', () => {
  const keys = { JWT_JWKS_URL: 'https://issuer.example/jwks' };
  for (const name of ['none', 'HS256', 'ES256,hs256', 'RS1'])
    expect(() => parseConfig({ ...keys, JWT_ALGORITHMS: name })).toThrow(/JWT_ALGORITHMS: must name algorithms/);
  for (const origins of ['*', 'https://a.example/', 'https://a.example,b.example', 'null', 'https://A.example'])
    expect(() => parseConfig({ ...keys, CORS_ORIGINS: origins })).toThrow(/CORS_ORIGINS: must be origins/);
  for (const url of ['file:///etc/keys', 'javascript:1', 'issuer.example'])
    expect(() => parseConfig({ JWT_JWKS_URL: url })).toThrow(/JWT_JWKS_URL: must be a URL/);
});

test('gateway settings: lists are separated by commas', () => {
  const config = parseConfig({
    JWT_JWKS_URL: 'https://issuer.example/jwks',
    JWT_ALGORITHMS: 'ES256, RS256',
    CORS_ORIGINS: 'https://a.example,https://b.example',
  });
  expect(config.tokens).toMatchObject({ algorithms: ['ES256', 'RS256'] });
  expect(config.corsOrigins).toEqual(['https://a.example', 'https://b.example']);
});
