import { Command, Option } from 'commander';
import { deadLetterCommands } from './dead-letters.ts';
import { start } from './start.ts';

const program = new Command('arcadia').description('Arcadia Cloud on this machine.').showHelpAfterError();

program
  .command('start')
  .description('Start everything in one process: play a world, or work on an account when DIGITALOCEAN_TOKEN is set.')
  .option('--exit', 'stop after printing', false)
  .option('--json', 'print one JSON document on stdout, everything else on stderr', false)
  .option('--fresh', 'forget what was kept and start over', false)
  .option('--write', 'allow changes at a real account (without it no request but GET leaves)', false)
  .option('--world <file>', 'the world to play', 'worlds/pilot.json')
  .option('--services <names>', 'run only these, separated by commas')
  .addOption(new Option('--port <number>', "the gateway's port").default('4005').env('GATEWAY_PORT'))
  .addHelpText('after', '\nExample: npm start -- --world worlds/march.json --exit')
  .action((options) => start(options));

program.addCommand(deadLetterCommands());
program.addHelpText('after', '\nExample: npm run arcadia -- dead-letters list');

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env.ARCADIA_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}
