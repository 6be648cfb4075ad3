// `npm run check`, `npm test`, `npm run test:faults` and `npm run generate`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError, Option } from 'commander';
import startSharedPostgres from '../packages/testkit/src/global-setup.ts';
import { endDescendants } from './end-children.ts';
import { addCounts, countsIn, type SkippedTests, type TestCounts } from './test-counts.ts';
import { runTasks, type TaskResult, tasksToRun } from './turbo.ts';

const root = path.resolve(import.meta.dirname, '..');
const neighbours = path.join(root, '../shared/digitalocean');
/** Longest first, so that two cores end together. */
const checkTasks = ['types', 'lint', 'unit', 'walls', 'unused', 'generated', 'api', 'format'];
const needServers = ['test', 'interrupts'];
/** Programs that write what can be derived from the code, and with `--check` only compare. */
const generators = ['apps/arcadia/src/generate/main.ts', 'scripts/generate-deployment.ts', 'scripts/exceptions.ts'];

type RunOptions = { force: boolean; part?: string[]; testNamePattern?: string };

function program(): Command {
  const npm = new Command('npm')
    .helpCommand(false)
    .configureHelp({ commandUsage: (command) => `npm ${command.usage()}` });
  const fromCache = '\nUnchanged since it last passed, a part is not run again and its result comes from .turbo/cache.';
  npm
    .command('check')
    .usage('run check [-- options] [path...]')
    .description(
      'The fast part of the tests: types, lint, unit tests, walls, unused code, generated files, the OpenAPI document, format.',
    )
    .argument('[path...]', 'only the unit tests in files whose path contains one of these, and none of the other steps')
    .addOption(partsOf(checkTasks))
    .option('--force', 'run everything, also what is unchanged', false)
    .option('-t, --test-name-pattern <pattern>', 'only the unit tests whose name matches')
    .addHelpText('after', `${fromCache}\n\nExample: npm run check -- services/drift`)
    .action((paths, options) => runAll(checkTasks, ['unit'], paths, options));
  npm
    .command('test')
    .usage('test [-- options] [path...]')
    .description('All tests: those of `npm run check`, and of each package those that need Postgres and JetStream.')
    .argument('[path...]', 'only the tests in files whose path contains one of these, and none of the other steps')
    .addOption(partsOf([...checkTasks, ...needServers]))
    .option('--force', 'run everything, also what is unchanged (with CI=true always)', false)
    .option('-t, --test-name-pattern <pattern>', 'only the tests whose name matches')
    .addHelpText('after', `${fromCache}\n\nExample: npm test -- services/drift -t revert`)
    .action((paths, options) =>
      runAll([...checkTasks, ...needServers], ['unit', 'service', 'scenarios'], paths, options),
    );
  npm
    .command('test:faults')
    .usage('run test:faults [-- options] [path...]')
    .description('The long tests: services killed at every step, faults of the provider, memory. Takes about an hour.')
    .argument('[path...]', 'only the tests in files whose path contains one of these')
    .option('-t, --test-name-pattern <pattern>', 'only the tests whose name matches')
    .option('--minutes <minutes>', 'only the suite that draws faults at random, for so long', positiveNumber)
    .option('--seed <seed>', 'only that suite, with the worlds and faults of this seed', positiveNumber)
    .addHelpText(
      'after',
      '\nExamples: npm run test:faults -- services/metering\n  npm run test:faults -- --minutes 30 --seed 7',
    )
    .action(async (paths, options) => conclude([await runFaults(paths, options)]));
  npm
    .command('generate')
    .usage('run generate')
    .description(
      'Writes what is derived from the code: the OpenAPI and AsyncAPI documents, docs/events.md, deploy/. Lowers scripts/exceptions.json.',
    )
    .addHelpText('after', '\nExample: npm run generate && git diff --stat')
    .action(async () => {
      for (const generator of generators) process.exitCode ||= await run('node', [generator]);
    });
  return npm;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Which suite draws faults at random. */
const seededSuite = 'scenarios/seeded.faults.ts';

function runFaults(
  paths: string[],
  { minutes, seed, ...options }: Pick<RunOptions, 'testNamePattern'> & { minutes?: number; seed?: number },
): Promise<TestCounts> {
  if (minutes !== undefined) process.env['ARCADIA_MINUTES'] = String(minutes);
  if (seed !== undefined) process.env['ARCADIA_SEED'] = String(seed);
  const isSeeded = minutes !== undefined || seed !== undefined;
  return runTests(['faults'], isSeeded && paths.length === 0 ? [seededSuite] : paths, options);
}

function partsOf(tasks: readonly string[]): Option {
  return new Option('--part <name...>', 'only these parts').choices(tasks);
}

async function runAll(all: string[], projects: string[], paths: string[], options: RunOptions): Promise<void> {
  const isPart = paths.length > 0 || options.testNamePattern !== undefined;
  if (isPart) return conclude([await runTests(projects, paths, options)]);
  const tasks = options.part ?? all;
  // Some tests read files beside the checkout; with and without them are two results.
  process.env['ARCADIA_TEST_NEIGHBOURS'] = existsSync(neighbours) ? 'present' : 'absent';
  const flags = options.force || process.env['CI'] === 'true' ? ['--force'] : [];
  const waiting = await tasksToRun(root, tasks, flags);
  const stopPostgres = waiting.some((id) => id.endsWith('#test')) ? await startSharedPostgres() : async () => {};
  try {
    await runWithTurbo(tasks, flags);
  } finally {
    await stopPostgres();
  }
}

/** A line for each part as it ends, and for one that failed its log too. */
async function runWithTurbo(tasks: string[], flags: string[]): Promise<void> {
  const counts = new Map<string, TestCounts>();
  const cached = new Set<string>();
  const log = new Map<string, string[]>();
  const printLog = (task: string): void => {
    const lines = log.get(task);
    if (lines) console.log(`\n── ${nameOf(task)} ──\n${lines.join('\n').trimEnd()}\n`);
    log.delete(task);
  };
  const results = await runTasks(root, tasks, flags, ({ task, text }) => {
    const reported = countsIn(text);
    if (reported) {
      counts.set(task, reported);
      if (!cached.has(task)) console.log(`… ${nameOf(task)}: ${reported.passed} passed, ${reported.failed} failed`);
      if (reported.failed > 0) printLog(task);
    } else if (text.startsWith('cache hit')) cached.add(task);
    else log.set(task, [...(log.get(task) ?? []), text]);
  });
  for (const { id, passed } of results) if (!passed) printLog(id);
  for (const result of results) console.log(lineOf(result, counts.get(result.id)));
  conclude(results.map((result) => countsOf(result, counts.get(result.id))));
}

function countsOf({ passed }: TaskResult, reported: TestCounts | undefined): TestCounts {
  const counts = reported ?? { passed: passed ? 1 : 0, failed: 0, skipped: [] };
  // A run of tests that broke off has reported nothing, or only what went well before.
  return passed || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

function lineOf(result: TaskResult, reported: TestCounts | undefined): string {
  const origin = result.fromCache ? 'unchanged, from the cache' : `${result.seconds.toFixed(1)} s`;
  const tests = reported ? `: ${reported.passed} passed, ${reported.failed} failed` : '';
  return `${result.passed ? '✓' : '✗'} ${nameOf(result.id)}${tests} (${origin})`;
}

/** `//#types` → types, `@arcadia/drift#test` → tests of drift. */
function nameOf(task: string): string {
  const [owner = '', name = ''] = task.split('#');
  return owner === '//' ? name : `tests of ${owner.replace('@arcadia/', '')}`;
}

/** The tests themselves, outside of turbo and its cache. */
async function runTests(
  projects: string[],
  paths: string[],
  options: Pick<RunOptions, 'testNamePattern'>,
): Promise<TestCounts> {
  const pattern = options.testNamePattern === undefined ? [] : ['--name-pattern', options.testNamePattern];
  let counts: TestCounts | undefined;
  const flags = [...projects.map((project) => `--project=${project}`), ...pattern];
  const code = await run('node', ['scripts/run-tests.ts', ...flags, '--', ...paths], (line) => {
    counts = countsIn(line) ?? counts;
    if (!countsIn(line)) console.log(line);
  });
  return countsOf({ id: 'tests', passed: code === 0, fromCache: false, seconds: 0 }, counts);
}

/** Ends the output: the skipped tests with their reasons, then `N passed, N failed`. */
function conclude(all: readonly TestCounts[]): void {
  if (interruptedBy) return;
  const { passed, failed, skipped } = addCounts(all);
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map(skippedLine).join('\n')}\n`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function skippedLine({ file, tests, needs }: SkippedTests): string {
  return `  ${file}: ${tests === 1 ? '1 test' : `${tests} tests`}, ${needs ? `needs ${needs}` : 'and its title gives no reason'}`;
}

async function run(command: string, args: readonly string[], onLine?: (line: string) => void): Promise<number> {
  const stdout = onLine ? 'pipe' : 'inherit';
  const color = onLine && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', stdout, 'inherit'],
    env: { ...process.env, ...color },
  });
  const lines = child.stdout ? createInterface({ input: child.stdout }) : undefined;
  if (onLine) lines?.on('line', onLine);
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

let interruptedBy: NodeJS.Signals | undefined;

/** The first interrupt ends everything that was started; a second one does not wait for it. */
function endAllOnInterrupt(): void {
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  for (const [signal, code] of Object.entries(codes) as [keyof typeof codes, number][]) {
    process.on(signal, async () => {
      const isFirst = interruptedBy === undefined;
      interruptedBy ??= signal;
      if (isFirst) console.error('\nStopping …');
      await endDescendants({ graceMs: isFirst ? 4_000 : 0 });
      process.exit(code);
    });
  }
}

endAllOnInterrupt();
try {
  await program().parseAsync();
} catch (error) {
  if (!interruptedBy) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
