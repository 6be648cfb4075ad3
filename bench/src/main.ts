import { Argument, Command, InvalidArgumentError } from 'commander';
import { benches } from './benches.ts';
import { peerBenches } from './peer-benches.ts';
import { describeResult, reportOf, round, wordOf } from './print.ts';
import { runBench } from './run-bench.ts';

const all = { ...benches, ...peerBenches };
const progress = (line: string) => process.stderr.write(`${line}\n`);

const program = new Command('bench')
  .usage('-- [options] <name>')
  .description(
    'Runs one benchmark: our code in turns with the bare limit of what lies below it, or with a peer that does the same work, on servers of its own.',
  )
  .addArgument(
    new Argument(
      '<name>',
      `one of ${Object.keys(benches).join(', ')}; a peer: ${Object.keys(peerBenches).join(', ')}; peers, for all peers one after another; or scale, for a month of accounts of several sizes`,
    ).argParser(nameOfBench),
  )
  .option('--json', 'print one JSON document for each benchmark on stdout instead of a table', false)
  .option('--pairs <number>', 'how many pairs to measure (default: as many as the benchmark needs)', wholeNumber)
  .option('--resources <numbers>', 'the sizes that scale measures, 500 to 1000000', sizes, [1_000, 10_000, 100_000])
  .configureHelp({ commandUsage: (command) => `npm run bench ${command.usage()}` })
  .addHelpText(
    'after',
    `
Ends with 0 where the ratio reaches its gate, or where the result is inconclusive; otherwise with 2.
A busy machine never passes: where other programs use more than 15 % of the processors, the result is inconclusive.

Examples: npm run bench -- relay --pairs 5
          npm run bench -- peer-graphile-worker
          npm run bench -- scale --resources 1000,10000`,
  )
  .action(async (name: string, options: { json: boolean; pairs?: number; resources: number[] }) => {
    if (name === 'scale') {
      const { measureScale } = await import('./scale/scale.ts');
      return await measureScale(options.resources, progress);
    }
    const ended: string[] = [];
    for (const each of name === 'peers' ? Object.keys(peerBenches) : [name]) {
      const bench = await all[each]?.();
      if (!bench) throw new Error(`There is no benchmark "${each}".`);
      const { summary, notes } = await runBench(bench, options.pairs ?? bench.pairs, progress);
      if (options.json) process.stdout.write(`${JSON.stringify(reportOf(bench, summary, notes))}\n`);
      else process.stdout.write(describeResult(bench, summary, notes));
      if (summary.verdict === 'fail') process.exitCode = 2;
      ended.push(`${each.padEnd(28)} ratio ${round(summary.ratio.median)}: ${wordOf(bench, summary)}`);
    }
    if (name === 'peers' && !options.json) process.stdout.write(`\n${ended.join('\n')}\n`);
  });

function nameOfBench(text: string): string {
  if (text === 'peers' || text === 'scale' || Object.hasOwn(all, text)) return text;
  const names = [...Object.keys(all), 'peers', 'scale'];
  throw new InvalidArgumentError(`There is no such benchmark; there are ${names.join(', ')}.`);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return Number(text);
}

function sizes(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.some((each) => !Number.isInteger(each) || each < 500 || each > 1_000_000))
    throw new InvalidArgumentError('It must be whole numbers from 500 to 1000000, separated by commas.');
  return numbers;
}

// The servers end with this process.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
