import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, databaseUrl, defineConfig, natsAccess, parseAll, parseConfig, secret } from './config.ts';

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
  expect(natsAccess('metering', { NATS_URL: 'tls://a', NATS_CA_PATH: '/ca.pem' })).toEqual({
    servers: ['tls://a:4222'],
    tls: { caFile: '/ca.pem' },
  });
  expect(() => natsAccess('metering', {})).toThrow('set NATS_URL');
  expect(() => natsAccess('metering', { NATS_URL: 'nats://u:50%@a' })).toThrow('write a literal one as %25');
});

test('a secret may lie in a file; the file is named when it cannot be used', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'password');
  writeFileSync(file, 'from a file\n');
  const parse = defineConfig(
    {
      PASSWORD: z
        .string()
        .optional()
        .meta({ description: 'A password.', ...secret }),
      NAME: z.string().optional(),
    },
    (given) => given,
  );
  expect(parse({ PASSWORD_FILE: file })).toEqual({ PASSWORD: 'from a file' });
  expect(parse({ PASSWORD: 'own', PASSWORD_FILE: ' ' })).toEqual({ PASSWORD: 'own' });
  expect(() => parse({ PASSWORD: 'own', PASSWORD_FILE: file })).toThrow(
    'PASSWORD: it is set, and so is PASSWORD_FILE; set one of them',
  );
  expect(parse({ PASSWORD: ' ', PASSWORD_FILE: ' ' })).toEqual({});
  expect(parse({ NAME_FILE: file })).toEqual({});
  expect(() => parse({ PASSWORD_FILE: '/nowhere/password' })).toThrow(
    'PASSWORD_FILE: the file /nowhere/password cannot',
  );
  writeFileSync(file, '\n');
  expect(() => parse({ PASSWORD_FILE: file })).toThrow(`the file ${file} is empty`);
  expect(databaseUrl('metering', { METERING_DATABASE_URL_FILE: urlFile() })).toBe('postgres://metering@db');
});

const urlFile = (): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'url');
  writeFileSync(file, 'postgres://metering@db\n');
  return file;
};

test('one error names the faults of all parts of a configuration', () => {
  const parts = {
    database: () => databaseUrl('metering', {}),
    nats: () => natsAccess('metering', {}),
    port: () => 1,
  };
  expect(() => parseAll(parts)).toThrow(ConfigError);
  expect(() => parseAll(parts)).toThrow(/METERING_DATABASE_URL.*\n.*NATS_URL/);
  expect(parseAll({ port: () => 1, name: () => 'a' })).toEqual({ port: 1, name: 'a' });
  const broken = () => parseAll({ broken: () => JSON.parse('{') as unknown });
  expect(broken).toThrow(SyntaxError);
});

test('the password of the database may stand beside its URL, with any characters, and one in the URL holds', () => {
  const url = (DATABASE_URL: string) => databaseUrl('metering', { DATABASE_URL, DATABASE_PASSWORD: 'p@ss/wörd' });
  expect(decodeURIComponent(new URL(url('postgres://metering@db:5432/arcadia')).password)).toBe('p@ss/wörd');
  expect(new URL(url('postgres://metering:own@db:5432/arcadia')).password).toBe('own');
});
