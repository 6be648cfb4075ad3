import { setTimeout as delay } from 'node:timers/promises';
import { type Actor, isRefusal, rebuildRequest, type ServiceName, serviceStateRequest } from '@arcadia/contracts';
import { type Bus, sendRequest } from '@arcadia/platform';
import { Command } from 'commander';
import { print, withBus } from './operator-bus.ts';
import { serviceNamed, servicesText } from './service-named.ts';

const operator: Actor = { subject: 'operator', tenant_id: null, roles: ['platform_admin'] };
const everyMs = 2_000;
/** Every replica ends within this time of the request. */
const endsWithinMs = 60_000;

/** The command `arcadia rebuild SERVICE`, which has a running service write the tables again that only consumers write. */
export const rebuildCommand = (): Command =>
  new Command('rebuild')
    .description(
      'Have a running service empty the tables that only consumers write, and write them again from the streams. It answers nothing meanwhile, at least 45 seconds.',
    )
    .argument('<service>', `one of ${servicesText}`)
    .action((service: string) => withBus((bus) => rebuild(bus, serviceNamed(service), print)));

/** Asks for a rebuild, and waits until the service has ended and answers again, which it does once its tables are whole. */
async function rebuild(bus: Bus, service: ServiceName, show: (text: string) => void): Promise<void> {
  const answer = await sendRequest(bus, rebuildRequest(service), {}, { actor: operator, deadlineMs: 10_000 });
  if (isRefusal(answer)) throw new Error(String(answer['detail']));
  show(`${service} will end, empty ${answer.tables.join(', ')}, and write them again from the streams.`);
  const deadline = Date.now() + endsWithinMs;
  while (await isAnswering(bus, service)) {
    if (Date.now() > deadline)
      throw new Error(`${service} has not ended. Look at its log; if it has no supervisor, start it again yourself.`);
    await delay(everyMs);
  }
  show(`${service} has ended. It answers again when the tables are whole; its log shows how far it is.`);
  while (!(await isAnswering(bus, service))) await delay(everyMs);
  show('The tables are whole again.');
}

const isAnswering = (bus: Bus, service: ServiceName): Promise<boolean> =>
  sendRequest(bus, serviceStateRequest(service), {}, { actor: operator, deadlineMs: 3_000 }).then(
    () => true,
    () => false,
  );
