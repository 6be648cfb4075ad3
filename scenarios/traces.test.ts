import { randomBytes } from 'node:crypto';
import type { Api } from '@arcadia/app';
import { invoicing, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { type CollectedSpan, eventually, startCollector } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { makeWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

const world = makeWorld('traced', {
  period: '2026-04',
  provider: { projects: [{ name: 'Default', is_default: true }] },
});

test('one POST, its jobs, its events and their effects in other services are one trace, with the SQL of each', {
  timeout: 180_000,
}, async () => {
  await using collector = await startCollector();
  await using stack = await startWholeStack(world, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  const { player, running, tokens } = stack;
  const now = Temporal.Instant.from('2026-04-01T00:00:00Z');
  running.clock.set(now);
  running.providerClock.set(now);
  const { deployment_id } = await createTenantWithDeployment(player.api);
  await untilQuiet(running.stack.services, { timeoutMs: 60_000 });

  const trace = randomBytes(16).toString('hex');
  const callersSpan = randomBytes(8).toString('hex');
  const inputs = { deployment_id, name: 'web-1', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };
  const response = await fetch(`${running.gateway}/api/v1/sagas`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens.operator}`,
      'content-type': 'application/json',
      traceparent: `00-${trace}-${callersSpan}-01`,
    },
    body: JSON.stringify({ kind: 'provision_droplet', inputs }),
  });
  expect(response.status).toBe(202);
  const { saga_id } = (await response.json()) as { saga_id: string };
  await eventually(
    'the droplet is provisioned',
    async () => (await player.api.request(provisioning.getSaga, { saga_id })).status === 'completed',
    { timeoutMs: 60_000 },
  );
  await untilQuiet(running.stack.services, { timeoutMs: 60_000 });

  const named = (service: string, name: string) =>
    collector.spans().some((span) => span.traceId === trace && span.service === service && span.name === name);
  const expected: [string, string][] = [
    ['gateway', 'POST /api/v1/sagas'],
    ['gateway', 'request sagas.start'],
    ['provisioning', 'answer sagas.start'],
    ['provisioning', 'job saga-step'],
    ['provisioning', 'publish resource.provisioned'],
    ['provisioning', 'COMMIT'],
    ['drift', 'COMMIT'],
  ];
  for (const [service, name] of expected)
    await expect.poll(() => named(service, name), { message: `${service}: ${name}` }).toBe(true);
  const spans = collector.spans().filter(({ traceId }) => traceId === trace);
  expect(
    spans.filter(({ service, name }) => service === 'drift' && name.startsWith('consume ')).length,
  ).toBeGreaterThan(0);
  expect(withoutParent(spans, callersSpan)).toEqual([]);
  expect(spans.filter(({ isFailed }) => isFailed)).toEqual([]);
});

async function createTenantWithDeployment(api: Api): Promise<{ deployment_id: string }> {
  await api.request(invoicing.createTenant, { tenant_id: 'acme', name: 'Acme' });
  return await api.request(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
}

/** The spans whose parent is neither the caller's nor among them. */
function withoutParent(spans: readonly CollectedSpan[], callersSpan: string): CollectedSpan[] {
  const known = new Set([callersSpan, ...spans.map(({ spanId }) => spanId)]);
  return spans.filter(({ parentSpanId }) => !known.has(parentSpanId));
}
