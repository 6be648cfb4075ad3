import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keptWorld } from './kept-world.ts';
import { startSimulator } from './simulator.ts';
import { parseWorld } from './world.ts';

// Serves the provider's side of a world at the present time, as the provider that the containers use without a token.
const file = process.env['SIMULATOR_WORLD'] || '/world.json';
const port = Number(process.env['SIMULATOR_PORT'] || 4100);
const stateFile = process.env['SIMULATOR_STATE'];

try {
  const { text, isFormer } = stateFile
    ? keptWorld(file, stateFile)
    : { text: readFileSync(file, 'utf8'), isFormer: false };
  if (isFormer)
    process.stdout.write(
      `The provider goes on with the world that it began with, not with ${file}; delete its state to begin with that one.\n`,
    );
  const simulator = await startSimulator({
    world: parseWorld(text, file),
    worldId: createHash('sha256').update(text).digest('hex'),
    clock: () => Temporal.Now.instant(),
    port,
    hostname: '0.0.0.0',
    ...(stateFile ? { stateFile } : {}),
  });
  process.stdout.write(`Serving ${file} as the provider's API on port ${port}.\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
} catch (error) {
  process.stderr.write(`The simulator could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
