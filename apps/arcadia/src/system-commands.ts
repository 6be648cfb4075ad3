import {
  type Actor,
  formatMinor,
  invoicing,
  isRefusal,
  jobListRequest,
  type RequestContract,
  type RequestOutput,
  type ServiceName,
  serviceStateRequest,
  services,
} from '@arcadia/contracts';
import { type Bus, ServiceUnavailable, sendRequest } from '@arcadia/platform';
import { Command, Option } from 'commander';
import { table } from 'table';
import type { z } from 'zod';
import { print, withBus } from './operator-bus.ts';
import { wholeNumber } from './whole-number.ts';

const operator: Actor = { subject: 'operator', tenant_id: null, roles: ['platform_admin'] };
const deadlineMs = 10_000;
const names = Object.keys(services) as ServiceName[];

/** The commands `arcadia tenants`, `jobs`, `lag` and `streams`, which show how a running system stands. */
export const systemCommands = (): Command[] => [
  new Command('tenants')
    .description('List tenants with what each owes.')
    .option('--search <text>', 'only tenants with this part of an id or a name')
    .option('--json', 'print JSON', false)
    .action(({ search, json }: { search?: string; json: boolean }) =>
      withBus(async (bus) => show(await tenants(bus, search), json, tenantTable)),
    ),
  new Command('jobs')
    .description('List the newest job runs of the services, those that run or wait first.')
    .addOption(new Option('--service <name>', 'only jobs of this service').choices(names))
    .addOption(
      new Option('--status <status>', 'only runs in this state').choices(['running', 'waiting', 'done', 'dead']),
    )
    .option('--limit <number>', 'the largest number of runs of each service, at most 200', wholeNumber(1, 200), 20)
    .option('--json', 'print JSON', false)
    .action((options: JobOptions) => withBus(async (bus) => show(await jobs(bus, options), options.json, jobTable))),
  new Command('lag')
    .description('Show what waits in each service: messages of its consumers and of its outbox, jobs and dead letters.')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => withBus(async (bus) => show(await lag(bus), json, lagTable))),
  new Command('streams')
    .description('List the streams with their messages, bytes and consumers.')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => withBus(async (bus) => show(await streams(bus), json, streamTable))),
];

const show = <Row>(rows: readonly Row[], isJson: boolean, tableOf: (rows: readonly Row[]) => string): void =>
  print(isJson ? JSON.stringify(rows, null, 2) : rows.length === 0 ? 'There are none.' : tableOf(rows));

/** Sends a request as the operator. Throws the refusal's sentence. */
async function ask<Contract extends RequestContract>(
  bus: Bus,
  contract: Contract,
  input: z.input<Contract['input']>,
): Promise<RequestOutput<Contract>> {
  const answer = await sendRequest(bus, contract, input, { actor: operator, deadlineMs });
  if (isRefusal(answer)) throw new Error(String(answer['detail']));
  return answer as RequestOutput<Contract>;
}

type Tenant = RequestOutput<typeof invoicing.listTenants>['items'][number];

async function tenants(bus: Bus, q: string | undefined): Promise<Tenant[]> {
  const all: Tenant[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const filter = { limit: 200, ...(q === undefined ? {} : { q }), ...(cursor === undefined ? {} : { cursor }) };
    const page = await ask(bus, invoicing.listTenants, filter);
    all.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  }
  return all;
}

const tenantTable = (rows: readonly Tenant[]): string =>
  table([
    ['Tenant', 'Name', 'Deployments', 'Invoices', 'Outstanding', 'Overdue'],
    ...rows.map((one) => [
      one.tenant_id,
      one.name.slice(0, 40),
      String(one.deployments),
      String(one.invoices),
      `${formatMinor(one.outstanding_cents, one.currency)} ${one.currency}`,
      `${formatMinor(one.overdue_cents, one.currency)} ${one.currency}`,
    ]),
  ]);

type JobOptions = {
  service?: ServiceName;
  status?: 'running' | 'waiting' | 'done' | 'dead';
  limit: number;
  json: boolean;
};
type Run = RequestOutput<ReturnType<typeof jobListRequest>>['items'][number];

/** What each service answers; one that does not answer is left out, and named on stderr. */
async function ofServices<Row>(
  chosen: readonly ServiceName[],
  read: (service: ServiceName) => Promise<Row>,
): Promise<Row[]> {
  const rows = await Promise.all(
    chosen.map(async (service) => {
      try {
        return [await read(service)];
      } catch (error) {
        if (!(error instanceof ServiceUnavailable)) throw error;
        process.stderr.write(`${service} does not answer.\n`);
        return [];
      }
    }),
  );
  return rows.flat();
}

async function jobs(bus: Bus, { service, status, limit }: JobOptions): Promise<Run[]> {
  const filter = { limit, ...(status === undefined ? {} : { status }) };
  const lists = await ofServices(service === undefined ? names : [service], (name) =>
    ask(bus, jobListRequest(name), filter),
  );
  return lists.flatMap(({ items }) => items);
}

const jobTable = (rows: readonly Run[]): string =>
  table([
    ['Service', 'Job', 'About', 'State', 'Attempt', 'Began', 'Error'],
    ...rows.map((run) => [
      run.service,
      run.job,
      run.key.slice(0, 40),
      run.state,
      String(run.attempt),
      run.created_at.slice(0, 19),
      (run.error ?? '').slice(0, 50),
    ]),
  ]);

type Waiting = { service: string; what: string; waiting: number; oldest_seconds: number | null; detail: string };

async function lag(bus: Bus): Promise<Waiting[]> {
  const states = await ofServices(names, (name) => ask(bus, serviceStateRequest(name), {}));
  return states.flatMap(({ service, facts, dead_letters }) => [
    ...facts.flatMap(({ name, lag: messages, waiting, oldest_seconds, detail }) => {
      const count = messages ?? waiting;
      return count === null ? [] : [{ service, what: name, waiting: count, oldest_seconds, detail: detail ?? '' }];
    }),
    { service, what: 'dead letters', waiting: dead_letters ?? 0, oldest_seconds: null, detail: '' },
  ]);
}

const lagTable = (rows: readonly Waiting[]): string =>
  table([
    ['Service', 'What', 'Waiting', 'Oldest (s)', 'Detail'],
    ...rows.map((one) => [
      one.service,
      one.what,
      String(one.waiting),
      one.oldest_seconds === null ? '' : String(one.oldest_seconds),
      one.detail.slice(0, 50),
    ]),
  ]);

type Stream = {
  stream: string;
  messages: number;
  bytes: number;
  first: number;
  last: number;
  consumers: number;
  last_at: string;
};

async function streams(bus: Bus): Promise<Stream[]> {
  const all: Stream[] = [];
  for await (const { config, state } of bus.jsm.streams.list())
    all.push({
      ...{ stream: config.name, messages: state.messages, bytes: state.bytes },
      ...{ first: state.first_seq, last: state.last_seq, consumers: state.consumer_count },
      last_at: state.messages === 0 ? '' : state.last_ts.slice(0, 19),
    });
  return all.toSorted((a, b) => a.stream.localeCompare(b.stream));
}

const streamTable = (rows: readonly Stream[]): string =>
  table([
    ['Stream', 'Messages', 'Bytes', 'First', 'Last', 'Consumers', 'Last message'],
    ...rows.map(({ stream, messages, bytes, first, last, consumers, last_at }) => [
      stream,
      ...[messages, bytes, first, last, consumers].map(String),
      last_at,
    ]),
  ]);
