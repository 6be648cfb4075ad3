import { type Api, connectApi, issueToken, natsLogins, servicesWithDatabase } from '@arcadia/app';
import { invoicing, metering, provisioning } from '@arcadia/contracts';
import { freePort } from '@arcadia/local-infrastructure';
import { createLog, startInstaller } from '@arcadia/platform';
import { readRows, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { formerVersion, root, startVersioned, unpack } from './src/faults/former-version.ts';
import { until } from './src/faults/rig.ts';
import { newSecrets } from './src/new-secrets.ts';

const commit = formerVersion();
const replicated = ['provisioning', 'metering', 'invoicing', 'gateway'] as const;

/** Last month, which is over and open. */
const period = Temporal.Now.plainDateISO('UTC').toPlainYearMonth().subtract({ months: 1 }).toString();
const day = (number: number): string => `${period}-${String(number).padStart(2, '0')}T12:00:00Z`;

type Release = AsyncDisposable & { api: Api; stop(): Promise<void> };

/** Servers with the logins of all services, and a way to start one replica of each service from the sources of a version. */
async function openSystem() {
  const stack = new AsyncDisposableStack();
  try {
    const env = newSecrets();
    const password = (user: string): string => env[`${user.toUpperCase().replaceAll('-', '_')}_PASSWORD`] ?? '';
    const nats = stack.use(await throwawayNats({ users: natsLogins(password) }));
    const database = stack.use(await throwawayDatabase({ services: servicesWithDatabase }));
    const login = (user: string) => ({ NATS_URL: nats.url, NATS_USER: user, NATS_PASSWORD: password(user) });
    const installer = await startInstaller({
      env: login('installer'),
      log: createLog({ name: 'installer', level: 'silent' }),
    });
    stack.defer(() => installer.stop());
    const token = await issueToken(env['JWT_SECRET'] ?? '', {
      ...{ subject: 'operator', tenantId: null, role: 'platform_admin' },
    });
    const start = async (folder: string): Promise<Release> => {
      const running = stack.use(new AsyncDisposableStack());
      const gatewayPort = String(await freePort());
      const starting = replicated.map(async (service) => {
        const own = {
          ...login(service),
          ACTOR_SIGNING_KEY: env[`${service.toUpperCase()}_SIGNING_KEY`] ?? '',
          ACTOR_KEYS: env['ACTOR_KEYS'] ?? '',
          DATABASE_URL: database.urlOf(service),
          HEALTH_PORT: String(await freePort()),
          ...(service === 'gateway'
            ? { JWT_SECRET: env['JWT_SECRET'] ?? '', GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: gatewayPort }
            : {}),
        };
        running.use(await startVersioned(service, { folder, env: own }));
      });
      await Promise.all(starting);
      const stop = () => running.disposeAsync();
      return { api: await connectApi(`http://127.0.0.1:${gatewayPort}`, token), stop, [Symbol.asyncDispose]: stop };
    };
    return { database, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function prove(api: Api): Promise<string> {
  const { proof_id } = await api.request(invoicing.startProof, { period });
  let status = 'running';
  await until('the proof has ended', async () => {
    ({ status } = await api.request(invoicing.getProof, { proof_id }));
    return status !== 'running';
  });
  return status;
}

/** Reports 100 GB for each of these days, in turn by the gateways of two versions, whatever is down for a moment. */
async function report(apis: readonly Api[], deployment_id: string, days: { first: number; last: number }) {
  for (let number = days.first; number <= days.last; number += 1) {
    const event = {
      ...{ specversion: '1.0', source: 'drill', type: 'usage', id: `day-${number}`, time: day(number) },
      data: { deployment_id, kind: 'bandwidth_gb', quantity: '100', form: 'usage' },
    };
    const api = apis[number % apis.length];
    await until(`day ${number} is accepted`, async () => {
      const answer = (await api?.send('POST', '/api/v1/usage', { body: event })) as { refused: unknown[] };
      return answer.refused.length === 0;
    });
  }
}

test.skipIf(commit === null)(
  'replicas of the former version and of this one share an open month, which is billed to the cent and proved by both (needs the history)',
  async () => {
    using older = unpack(commit ?? '');
    await using system = await openSystem();
    const former = await system.start(older.folder);
    await former.api.request(invoicing.putPlan, {
      ...{ plan_code: 'drill', name: 'Drill', base_price_cents: 1000 },
      items: [{ kind: 'bandwidth_gb', included_qty: '800', overage_price_cents: '2' }],
    });
    await former.api.request(invoicing.createTenant, { tenant_id: 'acme', name: 'Acme' });
    const { deployment_id } = await former.api.request(provisioning.createDeployment, {
      ...{ tenant_id: 'acme', slug: 'shop', effective_at: `${period}-01T00:00:00Z` },
    });
    await until('the deployment is subscribed', async () => {
      const starts_at = `${period}-01T00:00:00Z`;
      await former.api.request(invoicing.subscribe, { deployment_id, plan_code: 'drill', starts_at });
      return true;
    });
    await report([former.api], deployment_id, { first: 1, last: 9 });

    const present = await system.start(root);
    await report([former.api, present.api], deployment_id, { first: 10, last: 19 });
    for (const { api } of [former, present]) {
      expect(await api.list(provisioning.listDeployments, {})).toHaveLength(1);
      expect(await api.list(metering.listPeriods, {})).toMatchObject([{ period, status: 'open' }]);
    }
    await former.stop();
    await report([present.api], deployment_id, { first: 20, last: 28 });

    // The days after these are never metered, so the close accepts what is missing: it would do without a reported day too.
    const metered = () =>
      readRows<{ days: number }>(
        { url: system.database.adminUrl },
        'SELECT count(*)::int AS days FROM metering.accruals',
      );
    await until('every reported day is metered', async () => (await metered())[0]?.days === 28);
    await present.api.request(metering.closePeriod, { period, accept_missing: true });
    const issued = () =>
      readRows<{ subtotal_cents: string }>(
        { url: system.database.adminUrl },
        `SELECT number, subtotal_cents::text, output_hash FROM invoicing.tenant_invoices WHERE status = 'issued'`,
      );
    await until('the month is invoiced', async () => (await issued()).length === 1);
    const lines = await readRows(
      { url: system.database.adminUrl },
      `SELECT kind, qty::int AS qty, amount_cents::text FROM invoicing.tenant_invoice_lines WHERE kind <> 'tax' ORDER BY position`,
    );
    // 28 days of 100 GB, of which 800 GB are included.
    expect(lines).toEqual([
      { kind: 'plan_base', qty: 1, amount_cents: '1000' },
      { kind: 'overage', qty: 2000, amount_cents: '4000' },
    ]);
    const invoices = await issued();
    expect(invoices).toMatchObject([{ subtotal_cents: '5000' }]);
    expect(await prove(present.api)).toBe('proved');

    // Back by one version: former replicas take over what the present ones have written.
    const again = await system.start(older.folder);
    expect(await prove(again.api)).toBe('proved');
    await present.stop();
    expect(await prove(again.api)).toBe('proved');
    expect(await again.api.list(invoicing.listInvoices, {})).toMatchObject([{ status: 'issued' }]);
    expect(await issued()).toEqual(invoices);
  },
);
