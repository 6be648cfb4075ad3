import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { service as billing } from '@arcadia/billing-ingest';
import { service as gateway } from '@arcadia/gateway';
import { service as invoicing } from '@arcadia/invoicing';
import { ensureServiceRoles } from '@arcadia/local-infrastructure';
import { createLog, type ServiceDefinition, startService } from '@arcadia/platform';
import { testActorVariables } from '@arcadia/testkit';
import { SignJWT } from 'jose';
import { openBareList } from './bare/hono-list.ts';
import type { BenchStage } from './bench.ts';
import { answerProcessorTime } from './processor-time.ts';
import { connectAsAdmin } from './service-database.ts';

const definitions: Record<string, ServiceDefinition<never, never>> = {
  gateway: gateway as never,
  invoicing: invoicing as never,
  'billing-ingest': billing as never,
};
const schemas = { gateway: 'gateway', invoicing: 'invoicing', 'billing-ingest': 'billing' };
const secret = randomBytes(32).toString('hex');

/** Invoices of each tenant, and lines of the provider's invoice that is exported. */
const [tenants, invoicesEach] = [20, 60];
export const exportedLines = Number(process.env['BENCH_LINES'] ?? 1_000_000);

export type GatewayStage = {
  readonly url: string;
  readonly bareUrl: string;
  /** The database of the service that answers, and the secret that signs tokens. */
  readonly database: { url: string; secret: string };
  /** The gateway and the service that answers, and the bare server. */
  readonly processes: { gateway: ChildProcess; service: ChildProcess; bare: ChildProcess };
  /** A token of a tenant, by its number. */
  tenantToken(number: number): Promise<string>;
  operatorToken(): Promise<string>;
  /** The invoice of a tenant for which a client asks. */
  invoiceOf(number: number): string;
};

const tokenOf = (claims: object): Promise<string> =>
  new SignJWT({ iss: 'arcadia', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(new TextEncoder().encode(secret));

/** Starts the gateway, invoicing and billing-ingest, a process each, before the rows of 20 tenants, and the bare server beside them. */
export async function openGatewayStage(stage: BenchStage, lines = exportedLines): Promise<GatewayStage> {
  const roles = Object.values(schemas).map((schema) => ({ role: schema, schema, password: 'bench' }));
  const urls = await ensureServiceRoles(stage.postgresUrl, roles, 'bench');
  const started = await Promise.all(
    Object.keys(schemas).map(async (name, index) => {
      const child = fork(import.meta.filename, [name], {
        env: {
          ...{ ...process.env, ...testActorVariables(name), DATABASE_URL: urls[index], NATS_URL: stage.natsUrl },
          ...{ GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: '0', JWT_SECRET: secret, DIGITALOCEAN_TOKEN: 'none' },
        },
      });
      stage.defer(() => ended(child));
      const [address] = (await once(child, 'message')) as [string];
      return { address, child };
    }),
  );
  stage.progress(`writing ${tenants * invoicesEach} invoices and ${lines} lines`);
  const admin = await connectAsAdmin(stage.postgresUrl, 'bench');
  stage.defer(() => admin.end());
  await admin.query(invoicesSql);
  await admin.query(linesSql(lines));
  await admin.query(
    'VACUUM ANALYZE invoicing.tenant_invoices, billing.cloud_cost_lines, billing.cloud_cost_allocations',
  );
  const { rows } = await admin.query<{ tenant_id: string; invoice_id: string }>(
    `SELECT DISTINCT ON (tenant_id) tenant_id, invoice_id FROM invoicing.tenant_invoices ORDER BY tenant_id, period`,
  );
  const invoices = new Map(rows.map(({ tenant_id, invoice_id }) => [tenant_id, invoice_id]));
  const bare = await openBareList({ databaseUrl: urls[1] ?? '', secret });
  stage.defer(() => bare.close());
  return {
    url: started[0]?.address ?? '',
    processes: {
      gateway: started[0]?.child as ChildProcess,
      service: started[1]?.child as ChildProcess,
      bare: bare.child,
    },
    bareUrl: bare.url,
    database: { url: urls[1] ?? '', secret },
    tenantToken: (number) => tokenOf({ sub: `user-${number}`, roles: ['tenant'], tenant_id: `t-${number % tenants}` }),
    operatorToken: () => tokenOf({ sub: 'olivia', roles: ['platform_admin'] }),
    invoiceOf: (number) => invoices.get(`t-${number % tenants}`) ?? '',
  };
}

async function ended(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, 'exit');
}

const hash = `repeat('0', 64)`;
const invoicesSql = `
  INSERT INTO invoicing.tenant_invoices (invoice_id, tenant_id, period, period_start, period_end, status, number, currency, is_tax_inclusive,
    subtotal_cents, tax_cents, total_cents, issue_at, issued_at, due_on, close_revision, rating_version, input_hash, output_hash, facts_hash,
    customer, supplier, input, unrated)
  SELECT gen_random_uuid(), 't-' || t, to_char(month, 'YYYY-MM'), month, month + interval '1 month', 'issued', 'INV-' || t || '-' || n, 'AUD', false,
    n * 100, n * 10, n * 110, month + interval '1 month', month + interval '1 month', (month + interval '45 days')::date, 1, '1', ${hash}, ${hash}, ${hash},
    '{}', '{}', '{}', '[]'
  FROM generate_series(0, ${tenants - 1}) AS t, generate_series(1, ${invoicesEach}) AS n,
    LATERAL (SELECT timestamptz '2021-01-01Z' + n * interval '1 month' AS month) AS m`;

const linesSql = (count: number) => `
  INSERT INTO billing.cloud_invoices (invoice_uuid, provider, period, status, currency, header_amount, discovered_at, reading_id)
    VALUES ('bench', 'digitalocean', '2026-04', 'reconciled', 'USD', 0, '2026-05-01Z', 1);
  INSERT INTO billing.cloud_cost_lines (reading_id, line_no, product, kind, description, group_description, project_name, is_tax, amount, amount_minor)
    SELECT 1, n, 'Droplets', 'droplet', 'web-' || n || ' (s-1vcpu-1gb)', '', 'acme', false, 6, 600 FROM generate_series(1, ${count}) AS n;
  INSERT INTO billing.cloud_cost_allocations (reading_id, line_no, share_no, target, tenant_id, amount_minor)
    SELECT 1, n, 1, 'tenant', 't-0', 600 FROM generate_series(1, ${count}) AS n`;

if (process.argv[1] === import.meta.filename) {
  const name = process.argv[2] ?? '';
  const definition = definitions[name];
  if (definition === undefined) throw new Error(`there is no service ${name}`);
  const log = createLog({ name, level: 'error', destination: process.stderr });
  const running = await startService(definition, { env: process.env, log, scheduler: false });
  const { facts } = await running.health();
  answerProcessorTime();
  process.send?.(String(facts['http']?.['address'] ?? ''));
  process.once('disconnect', () => process.exit(0));
}
