import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { cachedServers } from '../src/nats-cache.ts';
import { isOutOfOthersReach } from '../src/out-of-others-reach.ts';
import { temporaryFolder } from './temporary-folder.ts';

afterEach(() => vi.unstubAllEnvs());

const isRoot = process.getuid?.() === 0;
const anotherAccount = 65_534;

/** A program that leaves a mark when it is run, with its right SHA-256 sum beside it. */
function plant(folder: string, mark: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = path.join(folder, 'nats-server');
  writeFileSync(program, `#!/bin/sh\ntouch ${mark}\necho nats-server: v2.15.1\n`);
  chmodSync(program, 0o755);
  writeFileSync(
    path.join(folder, 'nats-server.sha256'),
    createHash('sha256').update(readFileSync(program)).digest('hex'),
  );
  return program;
}

/** What lets another account change or replace the program, by the path that is opened below the folder. */
const openings: Record<string, (folder: string, version: string, program: string) => void> = {
  'the cache folder may be written by everyone': (folder) => chmodSync(folder, 0o777),
  'the folder of the version may be written by everyone': (_, version) => chmodSync(version, 0o777),
  'the program may be written by everyone': (_, __, program) => chmodSync(program, 0o777),
  'the sum may be written by everyone': (_, version) => chmodSync(path.join(version, 'nats-server.sha256'), 0o666),
  ...(isRoot && {
    'the cache folder belongs to another account': (folder) => chownSync(folder, anotherAccount, anotherAccount),
    'the folder of the version belongs to another account': (_, version) =>
      chownSync(version, anotherAccount, anotherAccount),
    'the program belongs to another account': (_, __, program) => chownSync(program, anotherAccount, anotherAccount),
    'the folder may be written by a group that is not ours': (folder) => {
      chownSync(folder, anotherAccount, anotherAccount);
      chmodSync(folder, 0o770);
    },
  }),
};

test('a nats-server that only this account can have placed, with its sum, is found without being run', () => {
  using folder = temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder.path);
  const mark = path.join(folder.path, 'was-run');
  const program = plant(path.join(folder.path, 'arcadia-cloud/nats-server/2.15.1'), mark);
  expect(cachedServers()).toContainEqual({ program, version: '2.15.1' });
  expect(existsSync(mark)).toBe(false);
});

for (const place of ['the user’s cache', 'the temporary folder', 'PATH'] as const) {
  for (const [opening, open] of Object.entries(openings)) {
    // A program on PATH has no recorded sum.
    if (place === 'PATH' && opening.startsWith('the sum')) continue;
    test(`a nats-server in ${place} is not run when ${opening}`, async () => {
      using folder = temporaryFolder();
      const mark = path.join(folder.path, 'was-run');
      const cache = place === 'the user’s cache' ? 'arcadia-cloud' : `arcadia-cloud-${process.getuid?.()}`;
      const version = path.join(folder.path, cache, 'nats-server/2.15.1');
      const program = plant(version, mark);
      if (place === 'PATH') vi.stubEnv('PATH', `${version}:${process.env['PATH'] ?? ''}`);
      else vi.stubEnv(place === 'the temporary folder' ? 'TMPDIR' : 'XDG_CACHE_HOME', folder.path);
      open(path.join(folder.path, cache), version, program);

      const fresh = await import(`../src/find-nats-server.ts?${folder.path}`);
      await fresh.findNatsServer();
      expect(existsSync(mark)).toBe(false);
      expect(cachedServers().map((found) => found.program)).not.toContain(program);
    });
  }
}

test('a downloaded nats-server that was changed afterwards is not used', () => {
  using folder = temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder.path);
  const version = path.join(folder.path, 'arcadia-cloud/nats-server/2.15.1');
  const program = plant(version, path.join(folder.path, 'was-run'));
  writeFileSync(program, '#!/bin/sh\necho nats-server: v2.15.1 of another\n');
  expect(cachedServers().map((found) => found.program)).not.toContain(program);
});

test('a relative path and a missing file are in the reach of others', () => {
  expect(isOutOfOthersReach('nats-server')).toBe(false);
  expect(isOutOfOthersReach('/nowhere/nats-server')).toBe(false);
  expect(isOutOfOthersReach(process.execPath)).toBe(true);
});
