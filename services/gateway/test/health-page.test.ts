import { services } from '@arcadia/contracts';
import { startHealthServer } from '@arcadia/platform';
import { expect, test } from 'vitest';
import { openStage } from './stage.ts';

type Fact = { name: string; ok: boolean; needs_attention: boolean; detail: string | null; remedy: string | null };
type Page = { ok: boolean; system: { ok: boolean; services: { service: string; status: string; facts: Fact[] }[] } };

test('the health page of the gateway sums up all services, and one that does not answer takes no gateway out of rotation', async () => {
  await using stage = await openStage();
  const { health, overview, metrics } = stage.gateway.service;
  const server = await startHealthServer(
    { name: 'gateway', health, overview, metrics },
    { port: 0, hostname: '127.0.0.1' },
  );
  try {
    const read = async () => {
      const response = await fetch(`http://127.0.0.1:${server.port}/health/ready`);
      return { code: response.status, page: (await response.json()) as Page };
    };
    await expect.poll(async () => (await read()).code, { timeout: 10_000 }).toBe(200);
    stage.gateway.service.context.health.report('clock', { ok: false, detail: 'the clock is wrong' });
    await expect
      .poll(
        async () => {
          const { system } = (await read()).page;
          return system.services
            .find(({ service }) => service === 'gateway')
            ?.facts.find(({ name }) => name === 'clock');
        },
        { timeout: 10_000 },
      )
      .toMatchObject({ ok: false, needs_attention: true, remedy: 'Correct the time service of the host.' });
    const { code, page } = await read();
    expect(code).toBe(503);
    expect(page.system.ok).toBe(false);
    expect(page.system.services.find(({ service }) => service === 'drift')).toMatchObject({ status: 'unavailable' });
    expect(page.system.services).toHaveLength(Object.keys(services).length);
  } finally {
    await server.stop();
  }
});
