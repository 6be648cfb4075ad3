import { setTimeout as delay } from 'node:timers/promises';
import { type Actor, isRefusal, republishLogRequest, type ServiceName, serviceStateRequest } from '@arcadia/contracts';
import { type Bus, sendRequest } from '@arcadia/platform';
import { Command } from 'commander';
import { print, withBus } from './operator-bus.ts';
import { serviceNamed, servicesText } from './service-named.ts';

const operator: Actor = { subject: 'operator', tenant_id: null, roles: ['platform_admin'] };
const deadlineMs = 120_000;
const everyMs = 2_000;

/** The command `arcadia republish SERVICE`, which has a running service publish its log again after its streams were lost. */
export const republishCommand = (): Command =>
  new Command('republish')
    .description('Have a running service publish its events again from its log, after its streams were lost.')
    .argument('<service>', `one of ${servicesText}`)
    .option('--force', 'also to streams that hold as many messages as the log', false)
    .action((service: string, { force }: { force: boolean }) =>
      withBus((bus) => republish(bus, serviceNamed(service), { isForced: force, print })),
    );

/** Prints how many messages of each stream are published again, and the progress until the outbox is empty. */
export async function republish(
  bus: Bus,
  service: ServiceName,
  { isForced, print: show }: { isForced: boolean; print: (text: string) => void },
): Promise<void> {
  const answer = await sendRequest(
    bus,
    republishLogRequest(service),
    { force: isForced },
    { actor: operator, deadlineMs },
  );
  if (isRefusal(answer)) throw new Error(String(answer['detail']));
  for (const { stream, held, logged, republished } of answer.streams)
    show(
      republished > 0
        ? `${stream} holds ${held} of ${logged} messages of ${service}; ${republished} are published again.`
        : `${stream} holds ${held} messages of ${service}, the log ${logged}; nothing is published again.`,
    );
  if (answer.streams.every(({ republished }) => republished === 0)) return;
  for (;;) {
    const waiting = await outboxOf(bus, service);
    if (waiting === 0) break;
    show(`${waiting} messages wait to be published.`);
    await delay(everyMs);
  }
  show('All of them are on their streams. Consumers that have handled a message already change nothing.');
}

/** The messages that wait in the outbox; the service counts up to 50,000. */
async function outboxOf(bus: Bus, service: ServiceName): Promise<number> {
  const state = await sendRequest(bus, serviceStateRequest(service), {}, { actor: operator, deadlineMs: 10_000 });
  if (isRefusal(state)) throw new Error(String(state['detail']));
  return state.facts.find(({ name }) => name === 'relay')?.waiting ?? 0;
}
