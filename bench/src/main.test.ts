import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' });

test('an unknown name, a number that is none and a size out of range are refused with a sentence', () => {
  const unknown = bench('nothing');
  expect(unknown.status).not.toBe(0);
  expect(unknown.stderr).toMatch(
    /There is no such benchmark; there are relay, .*peer-graphile-worker.*, peers, scale\./,
  );
  expect(bench('constructor').stderr).toContain('There is no such benchmark');
  expect(bench('relay', '--pairs', '0').stderr).toContain('It must be a whole number of at least 1.');
  expect(bench('scale', '--resources', '10,x').stderr).toContain('It must be whole numbers from 500 to 1000000');
});

test('the help names every benchmark and what a busy machine gives', () => {
  const { status, stdout } = bench('--help');
  expect(status).toBe(0);
  const text = stdout.replaceAll(/\s+/g, ' ');
  expect(text).toContain('A busy machine never passes');
  for (const name of ['relay', 'replay', 'proof', 'backlog', 'rebuild', 'peer-pg-boss', 'peers', 'scale'])
    expect(text).toContain(name);
});
