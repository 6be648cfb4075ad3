import { dismissDeadLetter, listDeadLetters, requeueDeadLetter, showDeadLetter } from '@arcadia/platform';
import { Command } from 'commander';
import { table } from 'table';
import { print, withBus } from './operator-bus.ts';

/** The commands `arcadia dead-letters …`, which list, show, requeue and dismiss messages that could not be processed. */
export const deadLetterCommands = (): Command => {
  const command = new Command('dead-letters').description(
    'List, show, requeue or dismiss messages that could not be processed.',
  );
  command
    .command('list')
    .description('List dead letters, newest first.')
    .option('--service <name>', 'only dead letters of this service')
    .option('--limit <number>', 'the largest number of dead letters to list', '50')
    .action(({ service, limit }: { service?: string; limit: string }) =>
      withBus(async (bus) => {
        const letters = await listDeadLetters(bus, {
          limit: Number(limit),
          ...(service === undefined ? {} : { service }),
        });
        if (letters.length === 0) return print('There are no dead letters.');
        const rows = letters.map((letter) => [
          String(letter.number),
          letter.parked_at.slice(0, 19),
          `${letter.service}/${letter.consumer}`,
          letter.fault,
          letter.detail.slice(0, 60),
        ]);
        print(table([['Number', 'Parked at', 'Consumer', 'Fault', 'Detail'], ...rows]));
      }),
    );
  command
    .command('show <number>')
    .description('Show one dead letter with its cause and the message itself.')
    .action((number: string) =>
      withBus(async (bus) => {
        const letter = await showDeadLetter(bus, Number(number));
        if (letter === null)
          throw new Error(`There is no dead letter ${number}; run \`arcadia dead-letters list\` to see the numbers.`);
        print(JSON.stringify(letter, null, 2));
      }),
    );
  command
    .command('requeue <numbers...>')
    .description('Send dead letters back to the service that failed, to be processed again.')
    .action((numbers: string[]) =>
      withBus(async (bus) => {
        for (const number of numbers) {
          const { service, consumer } = await requeueDeadLetter(bus, Number(number));
          print(`Dead letter ${number} was requeued for ${service}/${consumer}.`);
        }
      }),
    );
  command
    .command('dismiss <numbers...>')
    .description('Delete dead letters that need no further handling.')
    .action((numbers: string[]) =>
      withBus(async (bus) => {
        for (const number of numbers) await dismissDeadLetter(bus, Number(number));
        print(`${numbers.length} dead letters were dismissed.`);
      }),
    );
  return command;
};
