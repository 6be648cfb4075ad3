import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Bench } from './bench.ts';

const root = path.resolve(import.meta.dirname, '../..');
const tested = 'services/drift';
const vitest = ['run', '--project=unit', '--project=service', `${tested}/`];

export const npmTest: Bench = {
  name: 'npm-test',
  unit: 'µs per run',
  summary: `npm test -- ${tested}, against the same tests run by vitest alone; and npm run check where nothing has changed`,
  gate: { kind: 'at-most', gate: 1.25, aim: 1.1 },
  pairs: 3,
  async prepare(stage) {
    const passed = { ours: 0, bare: 0 };
    const side = (name: keyof typeof passed, program: string, args: readonly string[]) => async () => {
      const started = performance.now();
      const output = await outputOf(program, args);
      const ms = performance.now() - started;
      passed[name] = passedIn(output);
      return { units: 1, ms };
    };
    return {
      ours: side('ours', 'npm', ['test', '--', `${tested}/`]),
      bare: side('bare', path.join(root, 'node_modules/.bin/vitest'), vitest),
      async check() {
        if (passed.ours !== passed.bare || passed.ours === 0)
          throw new Error(`our side passed ${passed.ours} tests and vitest ${passed.bare}`);
      },
      async furtherGates() {
        stage.progress('npm run check twice');
        await outputOf('npm', ['run', 'check']);
        const started = performance.now();
        await outputOf('npm', ['run', 'check']);
        return [
          { name: 'npm run check with nothing changed, s', value: (performance.now() - started) / 1_000, atMost: 5 },
        ];
      },
      notes: async () => ({ tests: passed.ours }),
    };
  },
};

/** Runs a program in the root of the repository. @throws with the end of its output if it fails */
async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { CI: _, ...env } = process.env;
  const child = spawn(program, args, { cwd: root, env: { ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${output.slice(-2_000)}`);
  return output;
}

/** How many tests passed, in the last line of ours (`12 passed, 0 failed`) or of vitest (`Tests  12 passed (12)`). */
function passedIn(output: string): number {
  return Number([...output.matchAll(/(?:^|Tests +)(\d+) passed\b/gm)].at(-1)?.[1] ?? 0);
}
