import { existsSync } from 'node:fs';
import {
  type Bus,
  connectBus,
  createLog,
  dismissDeadLetter,
  listDeadLetters,
  type NatsAccess,
  natsAccess,
  requeueDeadLetter,
  showDeadLetter,
} from '@arcadia/platform';
import { Command } from 'commander';
import { table } from 'table';
import { homesFolder, runningHomes } from './home.ts';

/** `arcadia dead-letters …`: messages that could not be processed, with their cause, and what to do about them. */
export const deadLetterCommands = (): Command => {
  const command = new Command('dead-letters').description('Messages that could not be processed.');
  command
    .command('list')
    .description('The newest first.')
    .option('--service <name>', 'only of this service')
    .option('--limit <number>', 'at most so many', '50')
    .action(({ service, limit }: { service?: string; limit: string }) =>
      withBus(async (bus) => {
        const letters = await listDeadLetters(bus, {
          limit: Number(limit),
          ...(service === undefined ? {} : { service }),
        });
        if (letters.length === 0) return print('No message is parked.');
        const rows = letters.map((letter) => [
          String(letter.number),
          letter.parked_at.slice(0, 19),
          `${letter.service}/${letter.consumer}`,
          letter.fault,
          letter.detail.slice(0, 60),
        ]);
        print(table([['No.', 'Parked at', 'Where', 'Fault', 'Detail'], ...rows]));
      }),
    );
  command
    .command('show <number>')
    .description('One of them, with its cause and the message itself.')
    .action((number: string) =>
      withBus(async (bus) => {
        const letter = await showDeadLetter(bus, Number(number));
        if (letter === null) throw new Error(`There is no dead letter ${number}; see arcadia dead-letters list.`);
        print(JSON.stringify(letter, null, 2));
      }),
    );
  command
    .command('requeue <numbers...>')
    .description('Have them processed again, by the service that could not.')
    .action((numbers: string[]) =>
      withBus(async (bus) => {
        for (const number of numbers) {
          const { service, consumer } = await requeueDeadLetter(bus, Number(number));
          print(`${number} goes to ${service}/${consumer} again.`);
        }
      }),
    );
  command
    .command('dismiss <numbers...>')
    .description('Forget them: nothing more is to be done.')
    .action((numbers: string[]) =>
      withBus(async (bus) => {
        for (const number of numbers) await dismissDeadLetter(bus, Number(number));
        print(`${numbers.length} dismissed.`);
      }),
    );
  return command;
};

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const withBus = async (work: (bus: Bus) => Promise<void>): Promise<void> => {
  const bus = await connectBus(whereNatsIs(), {
    name: 'arcadia',
    log: createLog({ name: 'arcadia', level: 'silent' }),
  });
  try {
    await work(bus);
  } finally {
    await bus.close();
  }
};

/** The NATS of the environment, else of the one stack that runs on this machine. */
const whereNatsIs = (): NatsAccess => {
  if (process.env.NATS_URL) return natsAccess('operator', process.env);
  const homes = existsSync(homesFolder) ? runningHomes(homesFolder) : [];
  const [home, ...others] = homes;
  if (home === undefined)
    throw new Error('Nothing is running here; start it with npm start, or set NATS_URL, NATS_USER and NATS_PASSWORD.');
  if (others.length > 0)
    throw new Error('Several stacks are running here; set NATS_URL, NATS_USER and NATS_PASSWORD to choose one.');
  return { servers: [home.nats], user: 'operator', pass: home.password };
};
