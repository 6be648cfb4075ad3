import { services } from '@arcadia/contracts';
import { dismissDeadLetter, listDeadLetters, requeueDeadLetter, showDeadLetter } from '@arcadia/platform';
import { Command, Option } from 'commander';
import { table } from 'table';
import { print, withBus } from './operator-bus.ts';
import { wholeNumber, wholeNumbers } from './whole-number.ts';

/** The commands `arcadia dead-letters …`, which list, show, requeue and dismiss messages that could not be processed. */
export const deadLetterCommands = (): Command => {
  const command = new Command('dead-letters').description(
    'List, show, requeue or dismiss messages that could not be processed.',
  );
  command
    .command('list')
    .description('List dead letters, newest first.')
    .addOption(new Option('--service <name>', 'only dead letters of this service').choices(Object.keys(services)))
    .option('--limit <number>', 'the largest number of dead letters to list', wholeNumber(1), 50)
    .action(({ service, limit }: { service?: string; limit: number }) =>
      withBus(async (bus) => {
        const letters = await listDeadLetters(bus, {
          limit,
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
    .command('show')
    .description('Show one dead letter with its cause and the message itself.')
    .argument('<number>', 'its number in the list', wholeNumber(1))
    .action((number: number) =>
      withBus(async (bus) => {
        const letter = await showDeadLetter(bus, number);
        if (letter === null)
          throw new Error(`There is no dead letter ${number}; run \`arcadia dead-letters list\` to see the numbers.`);
        print(JSON.stringify(letter, null, 2));
      }),
    );
  command
    .command('requeue')
    .description('Send dead letters back to the service that failed, to be processed again.')
    .argument('<numbers...>', 'their numbers in the list', wholeNumbers(1))
    .action((numbers: number[]) =>
      withBus(async (bus) => {
        for (const number of numbers) {
          const { service, consumer } = await requeueDeadLetter(bus, number);
          print(`Dead letter ${number} was requeued for ${service}/${consumer}.`);
        }
      }),
    );
  command
    .command('dismiss')
    .description('Delete dead letters that need no further handling.')
    .argument('<numbers...>', 'their numbers in the list', wholeNumbers(1))
    .action((numbers: number[]) =>
      withBus(async (bus) => {
        for (const number of numbers) await dismissDeadLetter(bus, number);
        print(`${numbers.length} dead letters were dismissed.`);
      }),
    );
  return command;
};
