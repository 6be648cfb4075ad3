import { readMonth } from '@arcadia/app';
import { invoicing } from '@arcadia/contracts';
import { listDeadLetters } from '@arcadia/platform';
import { publishedEvents, readRows } from '@arcadia/testkit';
import { differences } from '../compare.ts';
import { monthsOf, proofFaults, replayFaults } from '../played-months.ts';
import { poison } from './faults.ts';
import { type Rig, until } from './rig.ts';

/** How soon after the end of the last fault everything has to be right, in milliseconds. */
const curedWithinMs = 30_000;

/**
 * The questions at the end of every fault: each figure is what the independent calculator expects, invoices have gapless numbers and
 * the published ones, proofs and replays agree, nothing waits or is parked, and every service is well. Returns what is not so.
 */
export async function askQuestions(rig: Rig): Promise<string[]> {
  let wrong: string[] = [];
  await until(
    'every question has the right answer',
    async () => {
      wrong = await faultsOf(rig);
      return wrong.length === 0;
    },
    curedWithinMs,
  ).catch(() => undefined);
  return wrong;
}

async function faultsOf(rig: Rig): Promise<string[]> {
  const { world, api } = rig;
  const found: string[] = [];
  for (const month of monthsOf(world)) {
    found.push(...differences(world, await readMonth(api, month), month));
    found.push(...(await proofFaults(month, api)), ...(await replayFaults(month, api)));
  }
  return [...found, ...(await numberFaults(rig)), ...(await parkedFaults(rig)), ...(await healthFaults(rig))];
}

/** The numbers of the documents of each series, as the database holds them and as they were published. */
async function numberFaults({ database }: Rig): Promise<string[]> {
  const kept = await numbersOf(database.adminUrl);
  const gaps = kept
    .map(({ number }) => Number(/(\d+)$/.exec(number)?.[1]))
    .toSorted((a, b) => a - b)
    .filter((number, index) => number !== index + 1);
  const issued = await publishedEvents({ url: database.adminUrl }, invoicing.invoiceIssued);
  const published = issued.map(({ data }) => data);
  const numberOf = new Map(kept.map(({ invoice_id, number }) => [invoice_id, number]));
  const moved = published.filter(({ invoice_id, number }) => numberOf.get(invoice_id) !== number);
  return [
    ...gaps.map((number) => `the numbers of invoices have a gap before ${number}`),
    ...moved.map(({ number }) => `the invoice published as ${number} has another number`),
  ];
}

export const numbersOf = (url: string): Promise<{ invoice_id: string; number: string }[]> =>
  readRows(
    { url },
    `SELECT invoice_id, number FROM invoicing.tenant_invoices WHERE number IS NOT NULL ORDER BY number`,
  );

/** What is parked besides what a fault has published. */
async function parkedFaults({ bus }: Rig): Promise<string[]> {
  const letters = await listDeadLetters(bus);
  return letters
    .filter(({ origin }) => origin.payload !== poison)
    .map(({ service, consumer, detail }) => `a message is parked for ${consumer} of ${service}: ${detail}`);
}

async function healthFaults({ replicas }: Rig): Promise<string[]> {
  const services = (await Promise.all(replicas.map((replica) => replica.health()))).flat();
  if (services.length === 0) return ['no service answers'];
  return services.flatMap(({ service, facts }) =>
    Object.entries(facts)
      .filter(([, { ok }]) => !ok)
      .map(([name, { detail }]) => `${service} is not well: ${name}: ${detail ?? ''}`),
  );
}
