import { type HealthServer, type RunningService, type ServiceHealth, startHealthServer } from '@arcadia/platform';

/** The health of all services of this process, on one address of this machine; each fact by its service. */
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
      metrics: { text: () => mergeMetrics(services.map(({ metrics }) => metrics.text())) },
    },
    { port: Number(process.env.HEALTH_PORT ?? 0), hostname: '127.0.0.1' },
  );

/** Prometheus allows a metric to be named once only, so what several services count stands below one name. */
export const mergeMetrics = (texts: readonly string[]): string => {
  const samples = new Map<string, string[]>();
  for (const text of texts) {
    let name = '';
    for (const line of text.split('\n').filter((each) => each !== '')) {
      if (line.startsWith('#')) name = line;
      else samples.set(name, [...(samples.get(name) ?? []), line]);
    }
  }
  return [...samples].map(([name, lines]) => `${[name, ...lines].join('\n')}\n`).join('');
};
