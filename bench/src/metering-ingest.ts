import { createHmac } from 'node:crypto';
import { provisioning } from '@arcadia/contracts';
import { service as gateway } from '@arcadia/gateway';
import { ensureServiceRoles } from '@arcadia/local-infrastructure';
import { service as metering } from '@arcadia/metering';
import { createLog, encodeEvent, messageHeaders, publishInOrder, startService } from '@arcadia/platform';
import type { Bench } from './bench.ts';
import { connectAsAdmin } from './service-database.ts';

const required = 5_000;
const batch = 500;
const clients = 4;
const secret = 'a secret of the benchmark that is long enough';
const deployment = '00000000-0000-4000-8000-000000000001';

export const meteringIngest: Bench = {
  name: 'metering-ingest',
  unit: 'events/s',
  summary: `POST /api/v1/usage in batches of ${batch} by ${clients} clients, each stored before it is answered, against the required ${required} a second`,
  gate: { kind: 'at-least', gate: 1, aim: 2 },
  pairs: 7,
  async prepare(stage) {
    const roles = ['metering', 'gateway'].map((name) => ({ role: name, schema: name, password: 'bench' }));
    const [url = '', edgeUrl = ''] = await ensureServiceRoles(stage.postgresUrl, roles, 'bench');
    const admin = await connectAsAdmin(stage.postgresUrl, 'bench');
    stage.defer(() => admin.end());
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const env = {
      DATABASE_URL: url,
      NATS_URL: stage.natsUrl,
      GATEWAY_PORT: String(port),
      PORT: String(port),
      JWT_SECRET: secret,
    };
    const log = (name: string) => createLog({ name, level: 'error', destination: process.stderr });
    const store = await startService(metering, { env, log: log('metering'), scheduler: false });
    stage.defer(() => store.stop());
    const edge = await startService(gateway, { env: { ...env, DATABASE_URL: edgeUrl }, log: log('gateway') });
    stage.defer(() => edge.stop());
    await announce(store.bus);
    while (Number((await admin.query('SELECT count(*) FROM metering.deployments')).rows[0].count) === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const headers = { authorization: `Bearer ${token()}`, 'content-type': 'application/cloudevents-batch+json' };
    let sent = 0;
    const post = async () => {
      const time = Temporal.Now.instant().subtract({ seconds: 5 }).round('millisecond').toString();
      const events = Array.from({ length: batch }, () => {
        sent += 1;
        const data = { deployment_id: deployment, kind: 'llm_input_tokens', quantity: String(sent % 1000) };
        return { specversion: '1.0', id: `bench-${sent}`, source: '/bench', type: 'bench.usage', time, data };
      });
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/usage`, {
        method: 'POST',
        headers,
        body: JSON.stringify(events),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 300)}`);
    };
    return {
      async ours() {
        const started = performance.now();
        await Promise.all(
          Array.from({ length: clients }, async () => {
            while (performance.now() - started < 2_000) await post();
          }),
        );
        const ms = performance.now() - started;
        const units = sent - before.sent;
        before.sent = sent;
        return { units, ms };
      },
      bare: async () => ({ units: required, ms: 1_000 }),
      async check() {
        const stored = Number((await admin.query('SELECT count(*) FROM metering.usage_reports')).rows[0].count);
        if (stored !== sent) throw new Error(`${sent} events were accepted, but ${stored} are stored`);
      },
    };
  },
};

const before = { sent: 0 };

/** Publishes the deployment that usage is reported for, as provisioning would. */
async function announce(bus: Parameters<typeof publishInOrder>[0]): Promise<void> {
  const at = '2026-01-01T00:00:00Z';
  const [event] = encodeEvent(
    provisioning.deploymentChanged,
    {
      deployment_id: deployment,
      tenant_id: 'acme.com',
      slug: 'shop',
      display_name: 'shop',
      region: null,
      state: 'active',
      llm_mode: null,
      billing_action_suspended: false,
      template_code: null,
      template_version: null,
      project_bindings: [],
      tag_bindings: [],
      created_at: at,
      revision: 1,
      effective_at: at,
      change: 'created',
      previous_state: null,
      actor: { subject: 'bench' },
      reason: null,
    },
    { occurredAt: Temporal.Instant.from(at), headers: null },
  );
  if (event === undefined) throw new Error('the event was not encoded');
  const message = { subject: event.subject, payload: event.payload, headers: messageHeaders(event, 'provisioning') };
  await publishInOrder(bus, 'PROVISIONING', [message]);
}

function token(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'arcadia', sub: 'bench', roles: ['platform_admin'], iat: now, exp: now + 3600 })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}
