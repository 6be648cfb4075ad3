import { type HealthServer, type RunningService, type ServiceHealth, startHealthServer } from '@arcadia/platform';

/** Serves the health and metrics of all services of this process on one loopback port; each fact is prefixed with its service. */
export const serveStackHealth = (services: readonly RunningService[]): Promise<HealthServer> =>
  startHealthServer(
    {
      name: 'arcadia',
      health: async (): Promise<ServiceHealth> => {
        const all = await Promise.all(services.map((service) => service.health()));
        const facts = all.flatMap(({ service, facts: own }) =>
          Object.entries(own).map(([name, fact]) => [`${service}: ${name}`, fact] as const),
        );
        return { service: 'arcadia', ok: all.every(({ ok }) => ok), facts: Object.fromEntries(facts) };
      },
      metrics: { text: async () => mergeMetrics(await Promise.all(services.map(({ metrics }) => metrics.text()))) },
    },
    { port: Number(process.env.HEALTH_PORT ?? 0), hostname: '127.0.0.1' },
  );

/** Merges the Prometheus text of several services, because each metric name may occur once, with all its samples below it. */
export const mergeMetrics = (texts: readonly string[]): string => {
  const blocks = new Map<string, { head: Set<string>; samples: string[] }>();
  for (const text of texts) {
    let block = { head: new Set<string>(), samples: new Array<string>() };
    for (const line of text.split('\n').filter((each) => each !== '')) {
      if (!line.startsWith('#')) {
        block.samples.push(line);
        continue;
      }
      const name = line.split(' ')[2] ?? '';
      block = blocks.get(name) ?? { head: new Set(), samples: [] };
      block.head.add(line);
      blocks.set(name, block);
    }
  }
  return [...blocks.values()].map(({ head, samples }) => `${[...head, ...samples].join('\n')}\n`).join('');
};
