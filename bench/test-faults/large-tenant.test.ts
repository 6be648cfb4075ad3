import {
  invoicing as contracts,
  daysOf,
  inventorySync,
  isRefusal,
  metering,
  nameUuid,
  provisioning,
  type Refusal,
  type RequestContract,
  resourceId,
} from '@arcadia/contracts';
import { service as invoicingService } from '@arcadia/invoicing';
import { service as meteringService } from '@arcadia/metering';
import { type Bus, playedClock, sendRequest, sendStreamRequest } from '@arcadia/platform';
import { deploymentChangeOf, publishEvent, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';

/** One tenant with so many deployments: closed, invoiced, read, as documents and proved, each in under a minute. */
const count = Number(process.env['ARCADIA_DEPLOYMENTS'] ?? 10_000);
const limitMs = 60_000;
const period = '2026-04';
const tenant = 'large';
const operator = { subject: 'op', tenant_id: null, roles: ['platform_admin' as const] };
const ids = Array.from({ length: count }, (_, index) => nameUuid('deployment', `d${index}`));

const granted = <Answer>(answer: Answer): Exclude<Answer, Refusal> => {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}: ${answer.detail}`);
  return answer as Exclude<Answer, Refusal>;
};

const open = async () => {
  const stack = new AsyncDisposableStack();
  const [meteringDatabase, invoicingDatabase] = [
    stack.use(await throwawayDatabase({ service: 'metering' })),
    stack.use(await throwawayDatabase({ service: 'invoicing' })),
  ];
  const nats = stack.use(await throwawayNats());
  const clock = playedClock(Temporal.Instant.from('2026-03-31T23:00:00Z'));
  const meter = stack.use(await startTestService(meteringService, { database: meteringDatabase, nats, clock }));
  const billing = stack.use(await startTestService(invoicingService, { database: invoicingDatabase, nats, clock }));
  const settled = async () => {
    await meter.settled(600_000);
    await billing.settled(600_000);
  };
  return { stack, nats, clock, meter, billing, settled };
};

let at: Awaited<ReturnType<typeof open>>;
const options = { actor: operator, deadlineMs: limitMs };
const ask = <Contract extends RequestContract>(bus: Bus, contract: Contract, input: z.input<Contract['input']>) =>
  sendRequest(bus, contract, input, options);

/** Runs a step and prints its time; `isLimited`: it must end within a minute. */
const timed = async <T>(name: string, work: () => Promise<T>, isLimited = true): Promise<T> => {
  const started = performance.now();
  const result = await work();
  const ms = Math.round(performance.now() - started);
  process.stderr.write(
    `${count} deployments: ${name} ${ms} ms, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB\n`,
  );
  expect([name, isLimited && ms > limitMs ? ms : 0]).toEqual([name, 0]);
  return result;
};

beforeAll(async () => {
  at = await open();
  const { bus } = at.billing;
  granted(
    await ask(bus, contracts.createPlan, {
      plan_code: 'small',
      name: 'Small',
      base_price_cents: 500,
      publish: true,
      items: [{ kind: 'droplet_hours', included_qty: '100', overage_price_cents: '1' }],
    }),
  );
  await timed(
    'published deployments',
    async () => {
      await publishEvent(
        at.nats,
        provisioning.deploymentChanged,
        ids.map((deployment_id, index) => deploymentChangeOf({ deployment_id, tenant_id: tenant, slug: `d${index}` })),
      );
      await at.settled();
    },
    false,
  );
  await timed(
    'subscribed',
    async () => {
      for (let from = 0; from < count; from += 50) {
        const some = ids
          .slice(from, from + 50)
          .map((deployment_id) =>
            ask(bus, contracts.subscribe, { deployment_id, plan_code: 'small', starts_at: '2026-04-01T00:00:00Z' }),
          );
        for (const answer of await Promise.all(some)) granted(answer);
      }
      await at.settled();
    },
    false,
  );
  await timed(
    'metered',
    async () => {
      await publishEvent(
        at.nats,
        inventorySync.resourceObserved,
        ids.map((deployment_id, index) => ({
          resource_id: resourceId('digitalocean', 'droplet', `d${index}`),
          provider: 'digitalocean',
          kind: 'droplet',
          provider_id: `d${index}`,
          name: `d${index}`,
          revision: 1,
          effective_at: '2026-03-31T23:00:00Z',
          observed_at: '2026-03-31T23:00:00Z',
          is_present: true,
          status: 'active',
          region: 'syd1',
          created_at: null,
          attrs: { size_slug: 's-1vcpu-1gb' },
          owner: { tenant_id: tenant, deployment_id, project_id: null, attributed_by: 'project' as const },
          cause: 'updated' as const,
        })),
      );
      await at.settled();
      for (const day of daysOf(period)) {
        const tick = Temporal.PlainDate.from(day)
          .add({ days: 1 })
          .toZonedDateTime('UTC')
          .toInstant()
          .add({ minutes: 70 });
        at.clock.set(tick);
        await at.meter.runJob('meter-day', tick);
      }
      at.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
      await publishEvent(at.nats, inventorySync.inventorySwept, {
        provider: 'digitalocean',
        kind: 'droplet',
        sweep_id: nameUuid('sweep', 'may'),
        started_at: '2026-05-01T00:10:00Z',
        completed_at: '2026-05-01T00:10:00Z',
        count,
      });
      await at.settled();
    },
    false,
  );
}, 1_200_000);
afterAll(() => at.stack.disposeAsync());

test('a month of one tenant with thousands of deployments is closed, invoiced, read, printed and proved, each within a minute', async () => {
  const { bus } = at.billing;
  const closed = await timed('closed', () => ask(at.meter.bus, metering.closePeriod, { period }));
  expect(granted(closed)).toMatchObject({ status: 'closed', facts: count * 30 });
  const invoice = await timed('invoiced', async () => {
    await at.settled();
    return granted(await ask(bus, contracts.listInvoices, { tenant_id: tenant, period })).items[0];
  });
  expect(invoice?.status).toBe('issued');
  const invoice_id = invoice?.invoice_id ?? '';
  await timed('pages', async () => {
    let lines = 0;
    let sum = 0;
    for (let cursor: string | undefined; ; ) {
      const asked = { invoice_id, limit: 200, ...(cursor === undefined ? {} : { cursor }) };
      const page = granted(await ask(bus, contracts.listInvoiceLines, asked));
      lines += page.items.length;
      sum += page.items.reduce((total, { amount_cents }) => total + amount_cents, 0);
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    // 5.00, and 620 of 720 hours at 1 cent, for each; and one line of tax.
    expect(lines).toBe(2 * count + 1);
    expect(sum).toBe(invoice?.total_cents);
    expect(invoice?.subtotal_cents).toBe(count * (500 + 620));
  });
  for (const [name, contract] of [
    ['csv', contracts.getInvoiceCsv],
    ['pdf', contracts.getInvoicePdf],
  ] as const) {
    const bytes = await timed(name, async () => {
      const file = granted(await sendStreamRequest(bus, contract, { invoice_id }, options));
      let size = 0;
      for await (const chunk of file.chunks) size += chunk.length;
      return size;
    });
    expect(bytes).toBeGreaterThan(count * 10);
  }
  await timed('proved', async () => {
    const { proof_id } = granted(await ask(bus, contracts.startProof, { period }));
    await at.billing.settled(600_000);
    expect(granted(await ask(bus, contracts.getProof, { proof_id }))).toMatchObject({ status: 'proved', tenants: 1 });
  });
  await timed('preview', async () => {
    const preview = granted(await ask(bus, contracts.previewInvoice, { tenant_id: tenant, period }));
    expect(preview.so_far.total_cents).toBe(invoice?.total_cents);
  });
}, 900_000);
