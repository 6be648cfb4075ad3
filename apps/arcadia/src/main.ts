import { Command, Option } from 'commander';
import { advanceCommand } from './advance-command.ts';
import { deadLetterCommands } from './dead-letters.ts';
import { doctorCommand } from './doctor.ts';
import { rebuildCommand } from './rebuild.ts';
import { republishCommand } from './republish.ts';
import { start } from './start.ts';
import { systemCommands } from './system-commands.ts';
import { tokenCommand } from './token-command.ts';

const program = new Command('arcadia').description('Run Arcadia Cloud on this machine.').showHelpAfterError();

program
  .command('start')
  .description(
    'Start all services in one process: play a world, or work on a real account if DIGITALOCEAN_TOKEN, or its file DIGITALOCEAN_TOKEN_FILE, is set.',
  )
  .option('--exit', 'stop after printing the result', false)
  .option('--json', 'print the result as one JSON document on stdout; progress goes to stderr', false)
  .option('--fresh', 'delete the kept data and start over', false)
  .option('--write', 'allow changes to the real account (without it only GET requests are sent)', false)
  .option('--world <file>', 'the world file to play', 'worlds/pilot.json')
  .option('--services <names>', 'run only these services, separated by commas')
  .addOption(new Option('--port <number>', 'the port of the gateway').default('4005').env('GATEWAY_PORT'))
  .addOption(new Option('--console-port <number>', 'the port of the web console (4006)').env('CONSOLE_PORT'))
  .addOption(
    new Option('--mailbox-port <number>', 'the port of the test mailbox of a world (4007)').env('MAILBOX_PORT'),
  )
  .addHelpText('after', '\nExample: npm start -- --world worlds/march.json --exit')
  .action((options) => start(options));

program.addCommand(deadLetterCommands());
program.addCommand(doctorCommand());
for (const command of systemCommands()) program.addCommand(command);
program.addCommand(rebuildCommand());
program.addCommand(republishCommand());
program.addCommand(advanceCommand());
program.addCommand(tokenCommand());
program.addHelpText('after', '\nExample: npm run arcadia -- dead-letters list');

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env.ARCADIA_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}
