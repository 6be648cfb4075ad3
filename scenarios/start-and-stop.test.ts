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

/** The exit code, stdout and stderr of a start. */
const outcome = (args: readonly string[]): Promise<[code: number, stdout: string, stderr: string]> =>
  start(home, args).then(
    ({ stdout, stderr }) => [0, stdout, stderr],
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => [code, stdout, stderr],
  );

/** Processes with the home in their command line, which include Postgres and nats-server. */
const processesOf = (folder: string): string[] =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder));

test('a start that fails explains the failure in one sentence and leaves nothing behind', async () => {
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', () => resolve()));
  const { port } = occupant.address() as AddressInfo;
  const outcomes = [
    await outcome(['--exit', '--world', path.join(home, 'nowhere.json')]),
    await outcome(['--exit', '--services', 'metring']),
    await outcome(['--exit', '--world', path.join(root, 'package.json')]),
    await outcome(['--exit', '--port', String(port)]),
  ];
  occupant.close();
  expect(outcomes).toEqual([
    [1, '', expect.stringMatching(/^The world file .*nowhere\.json cannot be read: .*\n$/)],
    [1, '', expect.stringMatching(/^--services: unknown service metring; the services are .*\.\n$/)],
    [1, '', expect.stringMatching(/package\.json is not a usable world:/)],
    [1, '', `Port ${port} is in use; stop the process that listens there, or choose another port with --port.\n`],
  ]);
  expect(readdirSync(home)).toEqual([]);
});

test('an interrupted start stops everything in order and leaves no process behind', async () => {
  const child = startAndStay(home, ['--services', 'gateway', '--port', '0']);
  let output = '';
  child.stderr?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  await eventually('the stack is running', () => output.includes('Ctrl-C'), { timeoutMs: 60_000 });
  expect(processesOf(home).length).toBeGreaterThan(0);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(output).toMatch(/Stopped\.\s*$/);
  await eventually('no process is left', () => processesOf(home).length === 0);
});
