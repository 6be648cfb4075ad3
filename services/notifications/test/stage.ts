import {
  type Actor,
  type EventData,
  invoicing,
  isRefusal,
  notifications,
  type Refusal,
  type RequestContract,
  type RequestOutput,
} from '@arcadia/contracts';
import {
  askService,
  eventually,
  fakeClock,
  publishEvent,
  readRows,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import type { z } from 'zod';
import { service } from '../src/index.ts';

export const start = '2026-04-01T00:00:00Z';
export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const tenant = (id: string): Actor => ({ subject: `${id}-user`, tenant_id: id, roles: ['tenant'] });

export type Paid = EventData<typeof invoicing.invoicePaid>;
type Endpoint = RequestOutput<typeof notifications.createWebhookEndpoint>;
type Delivery = RequestOutput<typeof notifications.replayWebhookDelivery>;

const invoiceId = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The payment of an invoice. */
export const paid = (number: number, given: Partial<Paid> = {}): Paid => ({
  invoice_id: invoiceId(number),
  tenant_id: 'acme',
  period: '2026-03',
  number: `INV-${number}`,
  currency: 'AUD',
  total_cents: 7064,
  deployment_ids: [],
  paid_at: start,
  reference: 'bank transfer',
  ...given,
});

/** The notifications service with its own database and NATS server; its clock stands at the beginning of April 2026. */
export async function openStage(env: Record<string, string> = {}) {
  const database = await throwawayDatabase({ service: 'notifications' });
  const nats = await throwawayNats();
  const clock = fakeClock(start);
  const variables = {
    NOTIFICATIONS_KEY: 'a key of the tests with more than 32 characters',
    WEBHOOK_LOOPBACK: 'on',
    WEBHOOK_TIMEOUT_MS: '1000',
    ...env,
  };
  const running = await startTestService(service, { database, nats, clock, env: variables });
  const request = <C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
    actor = operator,
  ): Promise<RequestOutput<C> | Refusal> => askService(nats, contract, input, { actor });
  /** Sends a request that must not be refused. */
  const get = async <C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
    actor = operator,
  ): Promise<RequestOutput<C>> => {
    const reply = await request(contract, input, actor);
    if (isRefusal(reply)) throw new Error(`${contract.name} was refused: ${reply.detail}`);
    return reply;
  };
  const deliveriesOf = async (endpoint: { endpoint_id: string }): Promise<Delivery[]> =>
    (await get(notifications.listWebhookDeliveries, { endpoint_id: endpoint.endpoint_id, limit: 200 })).items;
  return {
    database,
    nats,
    clock,
    variables,
    running,
    request,
    get,
    deliveriesOf,
    /** Makes an endpoint of a tenant, or of the operator. */
    endpoint: (
      url: string,
      given: Partial<z.input<typeof notifications.createWebhookEndpoint.input>> = {},
    ): Promise<Endpoint> =>
      get(
        notifications.createWebhookEndpoint,
        { url, event_types: ['invoice.paid'], tenant_id: 'acme', ...given },
        tenant(given.tenant_id ?? 'acme'),
      ),
    async publishPaid(...events: Paid[]) {
      await publishEvent(nats, invoicing.invoicePaid, events, { occurredAt: clock.now() });
    },
    /** Waits until the newest delivery of an endpoint has been attempted this many times. */
    attempted: (endpoint: { endpoint_id: string }, attempts = 1): Promise<Delivery> =>
      eventually(`attempt ${attempts} is recorded`, async () => {
        const [newest] = await deliveriesOf(endpoint);
        return newest !== undefined && newest.attempts >= attempts ? newest : null;
      }),
    deliver: () => running.runJob('deliver-webhooks', clock.now()),
    rows: <Row extends Record<string, unknown>>(text: string) => readRows<Row>(database, text),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** The issue of an invoice over 70.64 AUD that is due on 15 April. */
export const issued = (
  number: number,
  given: Partial<EventData<typeof invoicing.invoiceIssued>> = {},
): EventData<typeof invoicing.invoiceIssued> => ({
  ...{ invoice_id: invoiceId(number), tenant_id: 'acme', period: '2026-03', number: `INV-${number}`, status: 'issued' },
  ...{ period_start: '2026-03-01T00:00:00Z', period_end: start, currency: 'AUD' },
  ...{ subtotal_cents: 6422, tax_cents: 642, total_cents: 7064, issued_at: start, due_on: '2026-04-15', lines: [] },
  ...{ close_revision: 1, rating_version: '1', input_hash: 'x', output_hash: 'y', facts_hash: null },
  ...given,
});

/** The same invoice overdue. */
export const overdue = (
  number: number,
  given: Partial<EventData<typeof invoicing.invoiceOverdue>> = {},
): EventData<typeof invoicing.invoiceOverdue> => ({
  ...{ invoice_id: invoiceId(number), tenant_id: 'acme', period: '2026-03', number: `INV-${number}`, currency: 'AUD' },
  ...{ total_cents: 7064, deployment_ids: [], due_on: '2026-04-15', overdue_at: '2026-04-16T00:30:00Z' },
  ...given,
});

/** The billing profile of a tenant. */
export const profile = (
  tenant_id: string,
  email_recipients: string[],
  given: Partial<EventData<typeof invoicing.billingProfileChanged>> = {},
): EventData<typeof invoicing.billingProfileChanged> => ({
  ...{ tenant_id, name: tenant_id, address: [], registration_number: null, country: null, buyer_reference: null },
  ...{ currency: 'AUD', payment_terms_days: 14, language: 'en', email_recipients, revision: 1 },
  tax: { name: 'GST', rate: '0.1', registration_number: null, is_inclusive: false, rounding: 'half_up' },
  ...given,
});
