import { type ChildProcess, execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

export const root = path.resolve(import.meta.dirname, '../..');

/** A token in the environment would have the command work on a real account. */
const environment = (home: string): NodeJS.ProcessEnv => {
  const { DIGITALOCEAN_TOKEN: _token, DO_API_TOKEN: _other, GATEWAY_PORT: _port, ...rest } = process.env;
  return { ...rest, ARCADIA_HOME: home };
};

const command = (args: readonly string[]): string[] => [path.join(root, 'apps/arcadia/src/main.ts'), 'start', ...args];

/** Longer than this no test waits; a process that hangs is told to stop, so that it outlives no test. */
const patienceMs = 110_000;

/** The command that a person gives, in a home of its own, to its end. */
export const start = (home: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, command(args), {
    cwd: root,
    maxBuffer: 32 * 1024 * 1024,
    timeout: patienceMs,
    env: environment(home),
  });

/** The same, left running. */
export const startAndStay = (home: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, command(args), { cwd: root, env: environment(home), stdio: ['ignore', 'pipe', 'pipe'] });
