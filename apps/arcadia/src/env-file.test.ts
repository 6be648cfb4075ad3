import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { natsAccess, requestSignerOf } from '@arcadia/platform';
import { expect, test } from 'vitest';
import { operatorOfContainers } from './env-file.ts';

const newSecrets = (...options: readonly string[]): string =>
  execFileSync(process.execPath, [path.resolve(import.meta.dirname, '../../../scripts/new-secrets.mjs'), ...options], {
    encoding: 'utf8',
  });
const secrets = newSecrets();

test('the operator reaches the containers with what new-secrets.mjs has written', () => {
  using folder = mkdtempDisposableSync(path.join(tmpdir(), 'arcadia-env-'));
  expect(operatorOfContainers(folder.path)).toBeNull();
  const file = path.join(folder.path, '.env');
  writeFileSync(file, secrets);
  const env = operatorOfContainers(folder.path) ?? {};
  expect(natsAccess('operator', env)).toMatchObject({ servers: ['127.0.0.1:4222'], user: 'operator' });
  expect(requestSignerOf('operator', env)).toBeDefined();

  writeFileSync(file, `${secrets}COMPOSE_FILE=docker-compose.yml:compose.cluster.yml\n`);
  expect(natsAccess('operator', operatorOfContainers(folder.path) ?? {})).toMatchObject({
    servers: ['tls://127.0.0.1:4222'],
    tls: { caFile: path.join(folder.path, 'tls/ca.crt') },
  });
});

test('an upgrade adds the secrets that .env lacks, but no shared secret beside the keys of an identity provider', () => {
  using folder = mkdtempDisposableSync(path.join(tmpdir(), 'arcadia-env-'));
  const file = path.join(folder.path, '.env');
  const added = (text: string): string[] => {
    writeFileSync(file, text);
    return Array.from(newSecrets('--add', file).matchAll(/^(\w+)=/gm), ([, name = '']) => name);
  };
  const lacking = secrets.replace(/^(?:JWT_SECRET|NOTIFICATIONS_KEY)=.*\n/gm, '');
  expect(added(secrets)).toEqual([]);
  expect(added(lacking)).toEqual(['JWT_SECRET', 'NOTIFICATIONS_KEY']);
  expect(added(`${lacking}JWT_JWKS_URL=https://issuer.example/keys\n`)).toEqual(['NOTIFICATIONS_KEY']);
});
