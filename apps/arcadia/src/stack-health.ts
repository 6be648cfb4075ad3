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
      metrics: { text: () => services.map(({ metrics }) => metrics.text()).join('') },
    },
    { port: Number(process.env.HEALTH_PORT ?? 0), hostname: '127.0.0.1' },
  );
