import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ServiceName, services } from '@arcadia/contracts';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { ensureServiceRoles } from '@arcadia/local-infrastructure';
import { testActorVariables } from '@arcadia/testkit';
import type { Bench } from '../bench.ts';
import { quartiles } from '../measure.ts';
import { startCalled } from '../peer-process.ts';
import type { Chosen, Memory } from './services-side.ts';

const names = Object.keys(services) as ServiceName[];
const world = path.resolve(import.meta.dirname, '../../../worlds/pilot.json');
const idleSeconds = Number(process.env['BENCH_IDLE_SECONDS'] ?? 30);

export const start: Bench = {
  name: 'start',
  unit: 'µs per start',
  summary: `a process with all ${names.length} services, from its start until all are ready, against one that loads the main libraries and opens a connection to each server for each service`,
  gate: { kind: 'at-most', gate: 8, aim: 6 },
  pairs: 5,
  async prepare(stage) {
    const simulator = await startSimulator({
      ...{ world: parseWorld(readFileSync(world, 'utf8'), world), clock: Temporal.Now.instant },
    });
    stage.defer(() => simulator.stop());
    const urls = await ensureServiceRoles(
      stage.postgresUrl,
      names.map((name) => ({ role: services[name].schema, schema: services[name].schema, password: 'bench' })),
      'bench',
    );
    const all: Chosen = names.map((name, index) => ({
      name,
      env: {
        ...{ ...testActorVariables(name), NATS_URL: stage.natsUrl, DATABASE_URL: urls[index] ?? '' },
        ...{ GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: '0', JWT_SECRET: randomBytes(32).toString('hex') },
        ...{ DIGITALOCEAN_API_URL: simulator.url, DIGITALOCEAN_TOKEN: 'simulator' },
        NOTIFICATIONS_KEY: randomBytes(32).toString('hex'),
      },
    }));
    /** Starts a process and ends it after `use`. */
    const within = async <Result>(
      { file, input, flags = [] }: { file: string; input: unknown; flags?: readonly string[] },
      use: (call: Called['call']) => Promise<Result>,
    ) => {
      const ends: (() => Promise<unknown>)[] = [];
      try {
        return await use((await startCalled({ defer: (end) => void ends.push(end) }, file, input, flags)).call);
      } finally {
        for (const end of ends) await end();
      }
    };
    const ofServices = path.join(import.meta.dirname, 'services-side.ts');
    const side = (file: string, input: unknown) => async () => {
      const started = performance.now();
      const ms = await within({ file, input }, async () => performance.now() - started);
      return { units: 1, ms };
    };
    const memoryOf = async (chosen: Chosen, flags: readonly string[] = []) =>
      await within(
        { file: ofServices, input: chosen, flags },
        async (call) => (await call<Memory>('memoryAfter', idleSeconds)).value,
      );
    const ours = side(ofServices, all);
    return {
      ours,
      bare: side(path.join(import.meta.dirname, 'bare-side.ts'), {
        databaseUrls: urls,
        natsUrl: stage.natsUrl,
      }),
      async furtherGates() {
        const times = [await ours(), await ours(), await ours()].map(({ ms }) => ms);
        const together = await memoryOf(all);
        const alone: { name: string; memory: Memory }[] = [];
        for (const each of all) alone.push({ name: each.name, memory: await memoryOf([each], flagsOfImages()) });
        return [
          { name: 'ms until all are ready', value: quartiles(times).median, atMost: 3_000 },
          { name: 'resident memory of all in one process, idle, MB', value: together.resident, atMost: 250 },
          ...alone.flatMap(({ name, memory }) => [
            { name: `own memory of ${name}, idle, MB`, value: memory.own, atMost: 90 },
            { name: `resident memory of ${name}, idle, MB`, value: memory.resident, atMost: Number.POSITIVE_INFINITY },
          ]),
        ];
      },
    };
  },
};

/** The flags with which an image starts its service. */
function flagsOfImages(): string[] {
  const dockerfile = readFileSync(path.resolve(import.meta.dirname, '../../../Dockerfile'), 'utf8');
  const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  return command.filter((word) => word.startsWith('--'));
}

type Called = Awaited<ReturnType<typeof startCalled>>;
