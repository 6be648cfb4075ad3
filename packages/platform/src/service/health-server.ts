import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Metrics } from '../kernel/metrics.ts';
import type { ServiceHealth } from './health.ts';

export type HealthServer = { port: number; stop(): Promise<void> };

/** Serves `/health/live` (the process is alive), `/health/ready` (200 if the service can do its work, else 503, with all facts) and `/metrics` (Prometheus text). */
export async function startHealthServer(
  service: {
    name: string;
    health(): Promise<ServiceHealth>;
    overview?(): Promise<Record<string, unknown> | null>;
    metrics: Pick<Metrics, 'text'>;
  },
  at: { port: number; hostname?: string },
): Promise<HealthServer> {
  const app = new Hono();
  app.get('/health/live', (c) => c.json({ service: service.name, ok: true }));
  app.get('/health/ready', async (c) => {
    const health = await service.health();
    const system = (await service.overview?.()) ?? null;
    // The code is about this service alone: another one that is not ready takes no replica of this one out of rotation.
    return c.json(system === null ? health : { ...health, system }, health.ok ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    await service.health(); // refreshes lag and depth
    return c.text(await service.metrics.text(), 200, { 'content-type': 'text/plain; version=0.0.4' });
  });
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, ...at }, (info) => {
      resolve({
        port: info.port,
        stop: () => new Promise((done) => server.close(() => done())),
      });
    });
    server.once('error', reject);
  });
}
