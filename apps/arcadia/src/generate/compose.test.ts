import { readFileSync } from 'node:fs';
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
  volumes?: string[];
};
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
  const dockerfile = readFileSync(path.resolve(import.meta.dirname, '../../../../Dockerfile'), 'utf8');
  const folders = containersOf(composeFile()).flatMap(([, { image = '', volumes = [] }]) =>
    image.startsWith('arcadia-cloud/')
      ? volumes.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[1] ?? '')
      : [],
  );
  expect(folders).toEqual(['/state']);
  expect(folders.filter((folder) => !dockerfile.includes(`install -d -o node -g node ${folder}`))).toEqual([]);
});
