import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { generators, type Outcome, type Step, steps } from './quality-steps.ts';
import { countTests, type TestCount } from './test-count.ts';

const root = path.resolve(import.meta.dirname, '..');
const running = new Set<ReturnType<typeof spawn>>();
const usage = 'One of: check, test, faults, generate; what follows is handed to vitest.';

/** `check` and `test`: the standing of the whole tree, ended by one line `N passed, N failed`. */
async function main(): Promise<void> {
  const [command = '', ...args] = process.argv.slice(2);
  forwardSignals();
  if (command === 'generate') {
    for (const generator of generators) process.exitCode ||= (await run(['node', generator], 'inherit')).code;
  } else if (command === 'check') {
    conclude([...(await runSteps()), await runTests(['unit'], args)]);
  } else if (command === 'test') {
    conclude([...(await runSteps()), await runTests(['unit', 'service', 'scenarios'], args)]);
  } else if (command === 'faults') {
    conclude([await runTests(['faults'], args)]);
  } else {
    console.error(usage);
    process.exitCode = 1;
  }
}

/** The steps that need no running server, as many at once as there are cores. */
async function runSteps(): Promise<TestCount[]> {
  const waiting = [...steps];
  const counts: TestCount[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) counts.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), steps.length) }, worker));
  return counts;
}

async function runStep(step: Step): Promise<TestCount> {
  const started = Date.now();
  const result = await run(step.command, 'pipe');
  const outcome: Outcome = step.judge ? step.judge(result) : { ok: result.code === 0, text: result.output };
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${outcome.ok ? '✓' : '✗'} ${step.name} (${seconds} s)${outcome.note ? ` ${outcome.note}` : ''}`);
  if (!outcome.ok) console.log(outcome.text.trimEnd());
  return outcome.ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runTests(projects: string[], args: string[]): Promise<TestCount> {
  const folder = path.join(root, 'node_modules', '.cache');
  const report = path.join(folder, `test-report-${process.pid}.json`);
  mkdirSync(folder, { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const chosen = projects.map((project) => `--project=${project}`);
  const { code } = await run(['vitest', 'run', ...chosen, ...reporters, ...args], 'inherit');
  const count = existsSync(report) ? countTests(report) : { passed: 0, failed: 0 };
  rmSync(report, { force: true });
  // A run can also break outside of any test, and that is a failure too.
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function conclude(counts: TestCount[]): void {
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function run(
  [command = '', ...args]: readonly string[],
  stdio: 'inherit' | 'pipe',
): Promise<{ code: number; output: string; stdout: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', stdio, stdio] });
  running.add(child);
  let output = '';
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
    output += chunk.toString('utf8');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  return new Promise((resolve) => {
    child.on('error', (cause) => resolve({ code: 1, output: cause.message, stdout }));
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output, stdout });
    });
  });
}

function forwardSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const child of running) child.kill(signal);
      process.exitCode = signal === 'SIGINT' ? 130 : 143;
      process.on('exit', () => {
        process.exitCode = signal === 'SIGINT' ? 130 : 143;
      });
    });
  }
}

await main();
