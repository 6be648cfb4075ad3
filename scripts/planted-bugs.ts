// Plants bugs one by one and runs the suites that must catch them: `npm run test:planted -- [--only WORDS]`.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { type PlantedBug, plantedBugs, withBug } from './planted-bugs-list.ts';

const root = path.resolve(import.meta.dirname, '..');
const isChanged = (file: string): boolean =>
  spawnSync('git', ['diff', '--quiet', 'HEAD', '--', file], { cwd: root }).status !== 0;

/** Runs the suites with the bug in its file, which is put back whatever happens. */
const isCaught = (bug: PlantedBug): boolean => {
  const file = path.join(root, bug.file);
  const text = readFileSync(file, 'utf8');
  const planted = withBug(bug, text);
  const putBack = (): void => writeFileSync(file, text);
  process.once('exit', putBack);
  try {
    writeFileSync(file, planted);
    const run = spawnSync('vitest', ['run', `--project=${bug.project}`, '--bail=1', ...bug.suites], {
      cwd: root,
      encoding: 'utf8',
    });
    if (run.error !== undefined) throw run.error;
    if (run.signal !== null) process.exit(130);
    // A suite that cannot even be loaded, or does not exist, has caught nothing.
    const hasFailures = /Tests .*\d+ failed/.test(run.stdout.replaceAll(/\[[\d;]*m/g, ''));
    return run.status !== 0 && hasFailures;
  } finally {
    putBack();
    process.off('exit', putBack);
  }
};

const plant = (only: string | undefined): void => {
  const chosen = plantedBugs.filter(({ name }) => only === undefined || name.includes(only));
  if (chosen.length === 0) throw new Error(`No bug is named like "${only}".`);
  const changed = [...new Set(chosen.map(({ file }) => file).filter(isChanged))];
  if (changed.length > 0) throw new Error(`Commit or put back your changes first: ${changed.join(', ')}`);
  const missed: string[] = [];
  for (const [index, bug] of chosen.entries()) {
    const from = Date.now();
    const caught = isCaught(bug);
    if (!caught) missed.push(bug.name);
    const seconds = ((Date.now() - from) / 1000).toFixed(0);
    console.log(`${index + 1}/${chosen.length} ${caught ? 'caught' : 'MISSED'} in ${seconds} s: ${bug.name}`);
  }
  console.log(`${chosen.length - missed.length} of ${chosen.length} planted bugs were caught.`);
  if (missed.length > 0) process.exitCode = 1;
};

await new Command('planted-bugs')
  .description('Plant bugs one by one, and report those that the suites miss.')
  .option('--only <words>', 'only bugs with these words in their name')
  .action(({ only }: { only?: string }) => plant(only))
  .parseAsync();
