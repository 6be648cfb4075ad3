import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { homesFolder, runningHomes } from './home.ts';
import { print } from './operator-bus.ts';

/** The command `arcadia advance INSTANT`, which moves the clock of a running world on. */
export const advanceCommand = (): Command =>
  new Command('advance')
    .description(
      'Move the clock of the running world on to an instant. All that is scheduled until then happens on the way.',
    )
    .argument('<instant>', 'an instant such as 2026-11-01T06:00:00Z, or a day for 06:00 of it')
    .addHelpText(
      'after',
      '\nExample: npm run arcadia -- advance 2026-11-01   (a tenant made in October gets its first invoice)',
    )
    .action(async (text: string) => advanceTo(instantOf(text)));

const instantOf = (text: string): string => {
  const given = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T06:00:00Z` : text;
  try {
    return Temporal.Instant.from(given).toString();
  } catch {
    throw new Error(`"${text}" is no instant such as 2026-11-01T06:00:00Z, and no day such as 2026-11-01.`);
  }
};

async function advanceTo(to: string): Promise<void> {
  const worlds = (existsSync(homesFolder) ? runningHomes(homesFolder) : []).filter(({ control }) => control !== null);
  const [world, ...others] = worlds;
  if (world === undefined || world.control === null)
    throw new Error('No world is running on this machine; a real account has the real time. Run npm start.');
  if (others.length > 0) throw new Error('Several worlds are running on this machine; stop all but one.');
  const response = await fetch(`${world.control}/advance`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.secrets.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to }),
  });
  if (!response.ok) throw new Error(await response.text());
  print(`The clock moves on to ${to}. It has reached`);
  let last = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const text = Buffer.from(chunk).toString().trimEnd();
    last = text.split('\n').at(-1) ?? '';
    print(text);
  }
  if (last.startsWith('failed')) process.exitCode = 1;
}
