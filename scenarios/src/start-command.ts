import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';

export const root = path.resolve(import.meta.dirname, '../..');

/** The environment of the command, without a token, which would make it work on a real account. */
const environment = (home: string): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(
    ([name]) => name !== 'GATEWAY_PORT' && !/^(DIGITALOCEAN_|DO_API_)TOKEN/.test(name),
  );
  return { ...Object.fromEntries(own), ARCADIA_HOME: home };
};

const command = (args: readonly string[]): string[] => [path.join(root, 'apps/arcadia/src/main.ts'), 'start', ...args];

/** The longest wait of a test, in milliseconds; a process that runs longer is stopped. */
const patienceMs = 600_000;

/** Runs the start command in a home of its own, with further variables, until it ends. */
export const start = (
  home: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, command(args), {
    cwd: root,
    maxBuffer: 32 * 1024 * 1024,
    timeout: patienceMs,
    env: { ...environment(home), ...variables },
  });

/** Starts the command and leaves it running. */
export const startAndStay = (home: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, command(args), { cwd: root, env: environment(home), stdio: ['ignore', 'pipe', 'pipe'] });

/** Starts the command with `--json` and leaves it running; resolves with its document and the links that sign people in. */
export const startAndRead = async (
  home: string,
  args: readonly string[],
): Promise<AsyncDisposable & { readonly document: unknown; readonly links: ReadonlyMap<string, string> }> => {
  const child = startAndStay(home, args);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  };
  let [stdout, stderr] = ['', ''];
  child.stderr?.on('data', (part) => (stderr += String(part)));
  const document = await new Promise<unknown>((resolve, reject) => {
    child.stdout?.on('data', (part) => {
      stdout += String(part);
      if (stdout.endsWith('\n}\n')) resolve(JSON.parse(stdout));
    });
    child.once('exit', (code) => reject(new Error(`The command ended with ${code}: ${stderr.slice(-2000)}`)));
  });
  const links = new Map(
    [...stderr.matchAll(/the (operator|tenant \S+)\s+(http\S+)/g)].map(([, person = '', link = '']) => [
      person.replace('tenant ', ''),
      link,
    ]),
  );
  return { document, links, [Symbol.asyncDispose]: stop };
};
