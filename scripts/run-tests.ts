// Runs the tests of the folder it is started in, and of the projects it is given: the `test` script of every package.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { CountReporter } from './count-reporter.ts';
import { countsLine } from './test-counts.ts';

const root = path.resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { project: { type: 'string', multiple: true }, 'name-pattern': { type: 'string' } },
});
const folder = path.relative(root, process.cwd());
const filters = positionals.length > 0 ? positionals : folder ? [`${folder}/`] : [];
const counter = new CountReporter(root);

// An interrupted run has no result. Its workers end with this process, and the servers with their workers.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

process.chdir(root);
const vitest = await startVitest('test', filters, {
  run: true,
  root,
  project: values.project ?? ['service', 'scenarios'],
  reporters: ['default', counter],
  ...(values['name-pattern'] === undefined ? {} : { testNamePattern: values['name-pattern'] }),
});
await vitest.close();
console.log(countsLine(counter.counts));
process.exitCode = counter.counts.failed === 0 ? 0 : 1;
