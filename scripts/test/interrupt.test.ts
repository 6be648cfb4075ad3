import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { descendantsOf, type ProcessRow, processTable } from '../end-children.ts';

const root = path.resolve(import.meta.dirname, '../..');

test('an interrupt of npm test ends turbo, the test runners and their servers, and exits 130', {
  timeout: 180_000,
}, async () => {
  const run = start('test', '--part', 'test', '--force');
  await run.hasStarted(/turbo/, /run-tests\.ts/, /workers\/forks/, /postgres -D/, /nats-server --config/);
  expect(await run.end('SIGINT')).toEqual({ code: 130, leftOver: [] });
});

test('a SIGTERM of npm run check ends the type checker and the linter, and exits 143', {
  timeout: 180_000,
}, async () => {
  const run = start('check', '--part', 'types', 'lint', '--force');
  await run.hasStarted(/turbo/, /tsc/, /tsgolint|oxlint/);
  expect(await run.end('SIGTERM')).toEqual({ code: 143, leftOver: [] });
});

/** Starts a command as npm does, and keeps account of every process below it. */
function start(...args: string[]) {
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', ...args], { cwd: root, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const seen = new Map<string, ProcessRow>();
  const look = (): void => {
    for (const row of descendantsOf(child.pid ?? 0)) seen.set(`${row.pid} ${row.startedAt}`, row);
  };
  const looking = setInterval(look, 200);
  onTestFinished(() => {
    clearInterval(looking);
    child.kill('SIGKILL');
  });
  return {
    async hasStarted(...commands: RegExp[]): Promise<void> {
      const missing = () => commands.filter((command) => ![...seen.values()].some((row) => command.test(row.command)));
      await expect.poll(missing, { timeout: 120_000, interval: 100 }).toEqual([]);
    },
    async end(signal: NodeJS.Signals): Promise<{ code: number | null; leftOver: string[] }> {
      look();
      child.kill(signal);
      const code = await ended;
      const leftOver = processTable().filter((row) => seen.has(`${row.pid} ${row.startedAt}`));
      return { code, leftOver: leftOver.map(({ command }) => command) };
    },
  };
}
