import {
  invoicing as contracts,
  daysOf,
  type EventContract,
  type EventData,
  isRefusal,
  metering,
  nameUuid,
  provisioning,
  type RequestContract,
  serviceActor,
} from '@arcadia/contracts';
import { service } from '@arcadia/invoicing';
import {
  type Bus,
  createLog,
  encodeEvent,
  messageHeaders,
  playedClock,
  publishInOrder,
  sendRequest,
  startService,
} from '@arcadia/platform';
import { deploymentChangeOf } from '@arcadia/testkit';
import type { BenchStage } from './bench.ts';
import { createServiceDatabase } from './service-database.ts';

export const tenants = Number(process.env['BENCH_TENANTS'] ?? 200);
/** Deployments of each of the many tenants, and of the single one. */
const each = 5;
export const many = 25;
const kinds = [
  ...[{ kind: 'bandwidth_gb', quantity: '11' }],
  ...[{ kind: 'llm_input_tokens', quantity: '13.5' }],
  ...[{ kind: 'llm_output_tokens', quantity: '17' }],
];
const actor = serviceActor('bench');
type Deployment = { tenant: string; name: string };
const single: Deployment[] = Array.from({ length: many }, (_, index) => ({
  tenant: 'single',
  name: `single-${index}`,
}));
const all: Deployment[] = Array.from({ length: tenants * each }, (_, index) => ({
  tenant: `tenant-${Math.floor(index / each)}`,
  name: `many-${index}`,
}));

/**
 * Starts invoicing and invoices two months from published usage: March of the tenant `single`, with many deployments, and April of many
 * tenants with a few each.
 */
export async function openInvoicedMonths(stage: BenchStage) {
  const url = await createServiceDatabase(stage, 'invoicing');
  const clock = playedClock(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  const log = createLog({ name: 'invoicing', level: 'error', destination: process.stderr });
  const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
  const running = await startService(service, { env, log, clock, scheduler: false });
  stage.defer(() => running.stop());
  const { bus } = running;
  const quiet = async () => {
    while (!(await running.quiet())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const send = async <Answer>(contract: RequestContract, input: object): Promise<Answer> => {
    const answer = await sendRequest(bus, contract, input as never, { actor });
    if (isRefusal(answer)) throw new Error(`${contract.name}: ${answer.detail}`);
    return answer as never;
  };
  stage.progress(`invoicing two months: ${tenants + 1} tenants, ${(single.length + all.length) * 30} facts`);
  await send(contracts.createPlan, plan);
  for (const tenant_id of new Set([...single, ...all].map(({ tenant }) => tenant)))
    await send(contracts.createTenant, { tenant_id, name: tenant_id });
  await publish(bus, provisioning.deploymentChanged, [...single, ...all].map(created), 'provisioning');
  await quiet();
  await inTurns(single, ({ name }) => subscribed(name, '2026-03'));
  await inTurns(all, ({ name }) => subscribed(name, '2026-04'));
  for (const [period, own] of [
    ['2026-03', single],
    ['2026-04', all],
  ] as const) {
    const facts = own.flatMap((one) => factsOf(one, period));
    await publish(bus, metering.usageAccrued, facts, 'metering');
    await quiet();
    await publish(bus, metering.periodClosed, [closeOf(period, facts)], 'metering');
    await quiet();
  }
  return { running, send };

  async function subscribed(name: string, period: string): Promise<void> {
    const month = Temporal.PlainYearMonth.from(period);
    await send(contracts.subscribe, {
      deployment_id: nameUuid('deployment', name),
      plan_code: 'bench',
      starts_at: `${period}-01T00:00:00Z`,
      ends_at: `${month.add({ months: 1 }).toString()}-01T00:00:00Z`,
    });
  }
}

const plan = {
  ...{ plan_code: 'bench', name: 'Bench', base_price_cents: 5000, publish: true },
  items: kinds.map(({ kind }) => ({ kind, included_qty: '10', overage_price_cents: '3' })),
};

const created = ({ tenant, name }: Deployment) =>
  deploymentChangeOf({ deployment_id: nameUuid('deployment', name), tenant_id: tenant, slug: name });

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const client = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 4 }, client));
}

type Fact = EventData<typeof metering.usageAccrued>;

const lines = kinds.map(({ kind, quantity }) => ({
  ...{ resource_id: null, kind, unit_seconds: quantity, divisor: '1', observations: [] },
}));
const hash = metering.linesHash(lines);

const factsOf = ({ tenant, name }: Deployment, period: '2026-03' | '2026-04'): Fact[] =>
  daysOf(period).map((day) => ({
    ...{ period, tenant_id: tenant, deployment_id: nameUuid('deployment', name), granularity: 'daily' as const },
    ...{ period_start: `${day}T00:00:00Z`, revision: 1, close_revision: 1, lines, hash },
    period_end: `${Temporal.PlainDate.from(day).add({ days: 1 }).toString()}T00:00:00Z`,
  }));

function closeOf(period: string, facts: readonly Fact[]): EventData<typeof metering.periodClosed> {
  const manifest = [...Map.groupBy(facts, ({ tenant_id }) => tenant_id)].map(([tenant_id, own]) => ({
    ...{ tenant_id, facts: own.length, sums: [], hash: metering.factsHash(own), subscriptions: [] },
    deployments: [...new Set(own.map(({ deployment_id }) => deployment_id))].map((deployment_id) => ({
      ...{ deployment_id, revision: 1 },
    })),
  }));
  return {
    ...{ period, revision: 1, closed_at: '2026-05-01T03:00:00Z', closed_by: 'bench', closed_over: [] },
    ...{ is_forced: false, tenants: manifest, hash: metering.manifestHash(manifest) },
  };
}

async function publish<Contract extends EventContract>(
  bus: Bus,
  contract: Contract,
  data: readonly EventData<Contract>[],
  from: 'metering' | 'provisioning',
): Promise<void> {
  const events = data.flatMap((one) =>
    encodeEvent(contract, one, { occurredAt: Temporal.Instant.from('2026-05-01T03:00:00Z'), headers: null }),
  );
  for (let at = 0; at < events.length; at += 500)
    await publishInOrder(
      bus,
      contract.stream,
      events.slice(at, at + 500).map((event) => ({
        ...{ subject: event.subject, payload: event.payload, headers: messageHeaders(event, from) },
      })),
    );
}
