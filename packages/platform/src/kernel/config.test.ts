import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, databaseUrl, natsAccess, parseConfig } from './config.ts';

test('a configuration error names every missing or wrong variable', () => {
  const schema = z.object({ PORT: z.coerce.number().int(), NAME: z.string() });
  expect(() => parseConfig(schema, { PORT: 'many' })).toThrow(ConfigError);
  expect(() => parseConfig(schema, { PORT: 'many' })).toThrow(/PORT: .*; NAME: /);
  expect(parseConfig(schema, { PORT: '1', NAME: 'a' })).toEqual({ PORT: 1, NAME: 'a' });
});

test('a service’s own database URL takes precedence over the shared one', () => {
  const shared = { DATABASE_URL: 'postgres://all' };
  expect(databaseUrl('inventory-sync', shared)).toBe('postgres://all');
  expect(databaseUrl('inventory-sync', { ...shared, INVENTORY_SYNC_DATABASE_URL: 'postgres://own' })).toBe(
    'postgres://own',
  );
  expect(() => databaseUrl('metering', {})).toThrow('set METERING_DATABASE_URL or DATABASE_URL');
  expect(() => databaseUrl('metering', { DATABASE_URL: 'mysql://x' })).toThrow('must begin with postgres://');
});

test('NATS_URL may list several servers, with the login in the URL or in variables of its own', () => {
  expect(natsAccess('metering', { NATS_URL: 'nats://a:1,nats://b' })).toEqual({ servers: ['a:1', 'b:4222'] });
  expect(natsAccess('metering', { NATS_URL: 'nats://u:p%20q@a:1' })).toEqual({
    servers: ['a:1'],
    user: 'u',
    pass: 'p q',
  });
  const own = { NATS_URL: 'tls://a', METERING_NATS_USER: 'metering', NATS_PASSWORD: 'x' };
  expect(natsAccess('metering', own)).toEqual({ servers: ['tls://a:4222'], user: 'metering', pass: 'x' });
  expect(() => natsAccess('metering', {})).toThrow('set NATS_URL');
});
