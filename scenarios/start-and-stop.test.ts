import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@arcadia/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root, start, startAndStay } from './src/start-command.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'arcadia-start-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Exit code and what was said on stdout and stderr. */
const outcome = (args: readonly string[]): Promise<[code: number, stdout: string, stderr: string]> =>
  start(home, args).then(
    ({ stdout, stderr }) => [0, stdout, stderr],
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => [code, stdout, stderr],
  );

/** Processes whose command line names the home: Postgres and nats-server among them. */
const processesOf = (folder: string): string[] =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder));

test('what cannot be started says so in one sentence and leaves nothing behind', async () => {
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', () => resolve()));
  const { port } = occupant.address() as AddressInfo;
  const said = [
    await outcome(['--exit', '--world', path.join(home, 'nowhere.json')]),
    await outcome(['--exit', '--services', 'metring']),
    await outcome(['--exit', '--world', path.join(root, 'package.json')]),
    await outcome(['--exit', '--port', String(port)]),
  ];
  occupant.close();
  expect(said).toEqual([
    [1, '', expect.stringMatching(/^The world .*nowhere\.json cannot be read: .*\n$/)],
    [1, '', expect.stringMatching(/^There is no service metring; there are .*\.\n$/)],
    [1, '', expect.stringMatching(/package\.json is not a usable world:/)],
    [1, '', `Port ${port} is in use; stop what listens there, or choose another with --port.\n`],
  ]);
  expect(readdirSync(home)).toEqual([]);
});

test('asked to stop, it stops everything in order and leaves no process behind', async () => {
  const child = startAndStay(home, ['--services', 'gateway', '--port', '0']);
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await eventually('it is up', () => said.includes('Ctrl-C'), { timeoutMs: 60_000 });
  expect(processesOf(home).length).toBeGreaterThan(0);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(said).toMatch(/Stopped\.\s*$/);
  await eventually('no process is left', () => processesOf(home).length === 0);
});
