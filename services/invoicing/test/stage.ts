import {
  type Actor,
  type EventData,
  invoicing,
  isRefusal,
  metering,
  nameUuid,
  provisioning,
  type Refusal,
  type RequestContract,
  type RequestOutput,
  resourceId,
} from '@arcadia/contracts';
import { playedClock } from '@arcadia/platform';
import {
  askService,
  deploymentChangeOf,
  publishEvent,
  publishedEvents,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import type { z } from 'zod';
import { service } from '../src/index.ts';

export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const tenantActor = (tenant: string): Actor => ({
  subject: `user of ${tenant}`,
  tenant_id: tenant,
  roles: ['tenant'],
});
export const deploymentId = (name: string): string => nameUuid('deployment', name);

/** The reply of a request; a refusal fails the test. */
export const granted = <Answer>(answer: Answer): Exclude<Answer, Refusal> => {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}: ${answer.detail}`);
  return answer as Exclude<Answer, Refusal>;
};

export type Invoice = RequestOutput<typeof invoicing.getInvoice>;
type Fact = EventData<typeof metering.usageAccrued>;
type Change = EventData<typeof provisioning.deploymentChanged>;

export const deploymentChange = (name: string, tenant: string, fields: Partial<Change> = {}): Change =>
  deploymentChangeOf({ deployment_id: deploymentId(name), tenant_id: tenant, slug: name, ...fields });

export type Used = { kind: string; dimension?: string; qty: string; divisor?: string; resource?: string };

/** A day's usage of a deployment as metering publishes it; quantities are in unit-seconds over the divisor. */
export const fact = (
  deployment: string,
  tenant: string,
  day: string,
  used: readonly Used[],
  fields: Partial<Fact> = {},
): Fact => {
  const lines = used.map(({ kind, dimension, qty, divisor, resource }) => ({
    resource_id: resource === undefined ? null : resourceId('digitalocean', 'droplet', resource),
    kind,
    ...(dimension === undefined ? {} : { dimension }),
    unit_seconds: qty,
    divisor: divisor ?? '1',
    observations: resource === undefined ? [] : [1],
  }));
  return {
    period: day.slice(0, 7),
    tenant_id: tenant,
    deployment_id: deploymentId(deployment),
    granularity: 'daily',
    period_start: `${day}T00:00:00Z`,
    period_end: `${Temporal.PlainDate.from(day).add({ days: 1 }).toString()}T00:00:00Z`,
    revision: 1,
    close_revision: 1,
    lines,
    hash: metering.linesHash(lines),
    ...fields,
  };
};

/** The manifest of a period: of each fact the highest revision that counts at this close. */
export const closeOf = (
  period: string,
  facts: readonly Fact[],
  fields: Partial<EventData<typeof metering.periodClosed>> = {},
): EventData<typeof metering.periodClosed> => {
  const revision = fields.revision ?? 1;
  const counted = new Map<string, Fact>();
  for (const one of facts.toSorted((a, b) => a.revision - b.revision)) {
    if (one.period === period && one.close_revision <= revision)
      counted.set(`${one.deployment_id} ${one.period_start}`, one);
  }
  const tenants = [...Map.groupBy(counted.values(), ({ tenant_id }) => tenant_id)].map(([tenant_id, own]) => ({
    tenant_id,
    facts: own.length,
    sums: [],
    hash: metering.factsHash(own),
    deployments: [...new Set(own.map(({ deployment_id }) => deployment_id))].map((deployment_id) => ({
      deployment_id,
      revision: 1,
    })),
    subscriptions: [],
  }));
  return {
    period,
    revision,
    closed_at: '2026-05-01T03:00:00Z',
    closed_by: 'service:metering',
    closed_over: [],
    is_forced: false,
    tenants,
    hash: metering.manifestHash(tenants),
    ...fields,
  };
};

/** Starts invoicing on real servers, with its clock stopped at `at`. */
export async function openStage(at = '2026-05-01T03:00:00Z', env: Record<string, string> = {}) {
  const database = await throwawayDatabase({ service: 'invoicing' });
  const nats = await throwawayNats();
  const clock = playedClock(Temporal.Instant.from(at));
  const running = await startTestService(service, { database, nats, clock, env });
  const ask = <Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    actor: Actor = operator,
  ) => askService(nats, contract, input, { actor });
  const invoices = async (tenant: string, period?: string): Promise<Invoice[]> => {
    const list = granted(
      await ask(invoicing.listInvoices, { tenant_id: tenant, ...(period === undefined ? {} : { period }) }),
    );
    const whole: Invoice[] = [];
    for (const { invoice_id } of list.items) whole.push(granted(await ask(invoicing.getInvoice, { invoice_id })));
    return whole;
  };
  return {
    database,
    nats,
    clock,
    running,
    ask,
    invoices,
    /** The invoice of a tenant's month that is not void. */
    async invoice(tenant: string, period = '2026-04'): Promise<Invoice> {
      const live = (await invoices(tenant, period)).filter(({ status }) => status !== 'void');
      if (live.length !== 1 || live[0] === undefined)
        throw new Error(`${tenant} has ${live.length} invoices of ${period}`);
      return live[0];
    },
    /** Creates tenants with the billing profile of every tenant that has none of its own. */
    async createTenants(...tenants: string[]) {
      for (const tenant_id of tenants) granted(await ask(invoicing.createTenant, { tenant_id, name: tenant_id }));
    },
    async deploy(name: string, tenant: string, fields: Partial<Change> = {}) {
      await publishEvent(nats, provisioning.deploymentChanged, deploymentChange(name, tenant, fields));
      await running.settled();
    },
    async subscribe(name: string, plan_code: string, fields: Partial<z.input<typeof invoicing.subscribe.input>> = {}) {
      return granted(
        await ask(invoicing.subscribe, {
          deployment_id: deploymentId(name),
          plan_code,
          starts_at: '2026-04-01T00:00:00Z',
          ...fields,
        }),
      );
    },
    async receive(...facts: Fact[]) {
      await publishEvent(nats, metering.usageAccrued, facts);
      await running.settled();
    },
    async close(close: EventData<typeof metering.periodClosed>) {
      await publishEvent(nats, metering.periodClosed, close);
      await running.settled();
    },
    /** Proves a period. @returns the differences by tenant */
    async prove(period: string): Promise<Record<string, string[]>> {
      const { proof_id } = granted(await ask(invoicing.startProof, { period }));
      await running.settled();
      const proof = granted(await ask(invoicing.getProof, { proof_id }));
      const differing: Record<string, string[]> = {};
      for (let cursor: string | undefined; ; ) {
        const asked = { proof_id, is_differing: true, ...(cursor === undefined ? {} : { cursor }) };
        const page = granted(await ask(invoicing.listInvoiceProofs, asked));
        for (const { tenant_id, differences } of page.items) differing[tenant_id] = differences;
        if (page.next_cursor === null) break;
        cursor = page.next_cursor;
      }
      const status = Object.keys(differing).length === 0 ? 'proved' : 'differs';
      if (proof.status !== status) throw new Error(`the proof ${proof.status}: ${proof.detail ?? ''}`);
      return differing;
    },
    /** Proves every invoiced period. */
    async proveAll(): Promise<{ periods: number; differing: Record<string, Record<string, string[]>> }> {
      const periods = new Set<string>();
      for (let cursor: string | undefined; ; ) {
        const page = granted(
          await ask(invoicing.listInvoices, { limit: 200, ...(cursor === undefined ? {} : { cursor }) }),
        );
        for (const { period } of page.items) periods.add(period);
        if (page.next_cursor === null) break;
        cursor = page.next_cursor;
      }
      const differing: Record<string, Record<string, string[]>> = {};
      for (const period of periods) {
        const found = await this.prove(period);
        if (Object.keys(found).length > 0) differing[period] = found;
      }
      return { periods: periods.size, differing };
    },
    publishedEvents: <Contract extends Parameters<typeof publishedEvents>[1]>(contract: Contract) =>
      publishedEvents(database, contract),
    async [Symbol.asyncDispose]() {
      await running.stop();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

export const figures = ({
  subtotal_cents,
  tax_cents,
  total_cents,
}: Pick<Invoice, 'subtotal_cents' | 'tax_cents' | 'total_cents'>) => [subtotal_cents, tax_cents, total_cents];
