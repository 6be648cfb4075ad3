import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { peerBenches } from './peer-benches.ts';

const folder = path.join(import.meta.dirname, 'peers');
const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(file, 'utf8');

test('each comparison names the peer that it runs, what differs in the promises, and a peer of at most 150 lines', async () => {
  for (const [name, load] of Object.entries(peerBenches)) {
    const { name: own, peer } = await load();
    expect(own).toBe(name);
    expect(peer?.differs).toMatch(/^Ours: .+\. .+: .+\.$/);
    const file = path.join(folder, `${peer?.name}.ts`);
    expect({ file, exists: existsSync(file) }).toEqual({ file, exists: true });
  }
  const long = readdirSync(folder).filter(
    (file) => file.endsWith('.ts') && read(path.join(folder, file)).split('\n').length > 151,
  );
  expect(long).toEqual([]);
});

test('no peer enters the lockfile of the product', () => {
  const { dependencies } = JSON.parse(read(path.join(folder, 'package.json'))) as {
    dependencies: Record<string, string>;
  };
  const shared = ['pg', 'pg-copy-streams', '@nats-io/transport-node'];
  const lockfile = read(path.join(root, 'pnpm-lock.yaml'));
  const found = Object.keys(dependencies)
    .filter((name) => !shared.includes(name))
    .filter((name) => new RegExp(`^ {2,6}'?${name}(@|'?:)`, 'm').test(lockfile));
  expect(found).toEqual([]);
});
