import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { composeFile } from './compose.ts';
import { composeCluster } from './compose-cluster.ts';

type Container = {
  image?: string;
  read_only?: boolean;
  cap_drop?: string[];
  mem_limit?: string;
  restart?: string;
  labels?: Record<string, string>;
  volumes?: string[];
};
const root = path.resolve(import.meta.dirname, '../../../..');
const containersOf = (text: string): [string, Container][] =>
  Object.entries((parse(text, { merge: true }) as { services: Record<string, Container> }).services);

test('every container starts again, has a limit of memory, and may neither write to its image nor gain rights', () => {
  // Of the cluster, those that are containers of their own.
  const all = [...containersOf(composeFile()), ...containersOf(composeCluster()).filter(([, { image }]) => image)];
  expect(all.length).toBeGreaterThan(16);
  for (const [name, container] of all)
    expect([name, container]).toMatchObject([
      name,
      {
        restart: 'unless-stopped',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: expect.any(String),
        logging: { driver: 'json-file', options: { 'max-size': '10m' } },
      },
    ]);
});

test('a volume of our own images begins as a folder that belongs to the user they run as', () => {
  const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
  const folders = containersOf(composeFile()).flatMap(([, { image = '', volumes = [] }]) =>
    image.startsWith('arcadia-cloud/')
      ? volumes.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[1] ?? '')
      : [],
  );
  expect(folders).toEqual(['/state']);
  expect(folders.filter((folder) => !dockerfile.includes(`install -d -o node -g node ${folder}`))).toEqual([]);
});

test('an upgrade that changes a file which a container mounts from deploy starts that container anew', () => {
  const hashOf = (files: readonly string[]): string => {
    const hash = createHash('sha256');
    for (const file of files.map((name) => path.join(root, name)))
      if (statSync(file).isFile()) hash.update(readFileSync(file));
      else for (const name of readdirSync(file)) hash.update(readFileSync(path.join(file, name)));
    return hash.digest('hex').slice(0, 16);
  };
  const mounting = [...containersOf(composeFile()), ...containersOf(composeCluster())].flatMap(
    ([name, { volumes = [], labels = {} }]) => {
      const files = volumes.flatMap((volume) => /^\.\/(deploy\/[^:]+):/.exec(volume)?.[1] ?? []);
      // Grafana itself looks for changes of the folder that it is provisioned from.
      const read = files.filter((file) => !file.endsWith('/provisioning'));
      return read.length === 0 ? [] : [{ name, label: labels['arcadia.files'], hash: hashOf(read) }];
    },
  );
  expect(mounting.map(({ name }) => name)).toEqual([
    'postgres',
    'nats',
    'proxy',
    'prometheus',
    'grafana',
    'nats',
    'nats-2',
    'nats-3',
  ]);
  for (const { name, label, hash } of mounting) expect([name, label]).toEqual([name, hash]);
});
