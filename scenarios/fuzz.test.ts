import { issueToken } from '@arcadia/app';
import { invoicing } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { openRaw, type RawAnswer, type RawConnection } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ids, referenceKinds } from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { dice as throwDice } from './src/dice.ts';
import { type FuzzedRequest, fuzzRequest } from './src/fuzz-requests.ts';

import { restingState } from './src/state.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

/** FUZZ_SEED repeats a run or begins another; FUZZ_REQUESTS makes it longer. */
const seed = Number(process.env['FUZZ_SEED'] ?? 15);
const count = Number(process.env['FUZZ_REQUESTS'] ?? 4_000);
const timeout = 120_000 + count * 50;

let stack: WholeStack;
let acme: Ids;
let missing: Ids;
const tokens: string[] = [];

beforeAll(async () => {
  stack = await startWholeStack(twoTenants, { env: { RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_TENANT_PER_MINUTE: '0' } });
  await stack.play();
  acme = await idsOf(stack, 'acme');
  missing = Object.fromEntries(
    Object.values(referenceKinds).map((kind) => [kind, kind === 'tenant' ? 'unknown-tenant' : crypto.randomUUID()]),
  );
  const viewer = await issueToken(stack.home.state.secrets.jwt, {
    subject: 'viewer',
    tenantId: 'acme',
    role: 'tenant_viewer',
  });
  tokens.push(stack.tokens.operator, stack.tokens.operator, stack.tokens.tenants['acme'] ?? '', viewer);
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

/** What is wrong with an answer; null for one that is as it must be. */
const faultOf = (
  { isUnreadable, isHead, route }: FuzzedRequest,
  { status, headers, body }: RawAnswer,
): string | null => {
  if (status >= 500) return `answered ${status}: ${body.toString().slice(0, 300)}`;
  if (status < 400) return isUnreadable && status !== 304 ? `was accepted with ${status}` : null;
  if (isHead) return null;
  const type = headers.get('content-type') ?? '';
  if (type !== 'application/problem+json')
    return `${status} came as ${type || 'nothing'}: ${body.toString().slice(0, 80)}`;
  const problem = JSON.parse(body.toString()) as Record<string, unknown> & { errors?: Record<string, unknown>[] };
  const { errors = [] } = problem;
  if (problem['status'] !== status || problem['request_id'] !== headers.get('x-request-id'))
    return 'disagrees with itself';
  if (!/^\/problems\/[a-z-]+$/.test(String(problem['type']))) return `has the type ${String(problem['type'])}`;
  if (!/\w+ \w+/.test(String(problem['detail']))) return `has the detail ${String(problem['detail'])}`;
  const isAboutFields = ['/problems/invalid-request', '/problems/unknown-parameter'].includes(String(problem['type']));
  const isBatch = route.contract.name === 'usage.ingest';
  if (isAboutFields && errors.length === 0 && !isBatch) return `names no field: ${body.toString()}`;
  const unclear = errors.find(({ pointer, detail }) => typeof pointer !== 'string' || !/\w+ \w+/.test(String(detail)));
  return unclear === undefined ? null : `has an unclear error ${JSON.stringify(unclear)}`;
};

const makeRequests = (): FuzzedRequest[] => {
  const dice = throwDice(seed);
  return Array.from({ length: count }, (_, index) => {
    const route = routes[index % routes.length] as Route;
    const ids = dice.chance(0.5) ? acme : missing;
    return fuzzRequest(route, { dice, samples, ids, token: dice.pick(tokens) });
  });
};

type Outcome = { request: FuzzedRequest; status: number; fault: string | null };

/** Sends requests over several connections, each opened again when the gateway has closed it. */
const sendAll = async (requests: readonly FuzzedRequest[]): Promise<Outcome[]> => {
  const waiting = requests.values();
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    let connection: RawConnection | null = null;
    let before = 'nothing';
    try {
      for (const request of waiting) {
        connection = await opened(connection);
        try {
          const answer = await connection.send(request.bytes, request);
          outcomes.push({ request, status: answer.status, fault: faultOf(request, answer) });
          const isOver = answer.headers.get('content-type') === 'text/event-stream';
          if (isOver || answer.headers.get('connection') === 'close') connection = closed(connection);
        } catch (error) {
          outcomes.push({ request, status: 0, fault: `${(error as Error).message}, after ${before}` });
          connection = closed(connection);
        }
        before = `${request.what}${outcomes.at(-1)?.status}`;
      }
    } finally {
      closed(connection);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return outcomes;
};

const opened = async (connection: RawConnection | null): Promise<RawConnection> =>
  connection?.isOpen() === true ? connection : openRaw(stack.running.gateway);

const closed = (connection: RawConnection | null): null => {
  connection?.[Symbol.dispose]();
  return null;
};

const errorsIn = (log: string): string[] => log.split('\n').filter((line) => line.includes('"level":"error"'));

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

test('a request that is wrong in any way is answered with a problem, never with a server error', {
  timeout,
}, async () => {
  const openBefore = sockets();
  const outcomes = await sendAll(makeRequests());
  const faults = outcomes.flatMap(({ request, fault }) => (fault === null ? [] : [`${request.what}→ ${fault}`]));
  expect(faults).toEqual([]);
  const statuses = Object.groupBy(outcomes, ({ status }) => status);
  // Proves that the dice reach further than the first check.
  for (const status of [200, 400, 401, 403, 404, 405, 406, 415, 422, 431])
    expect([status, statuses[status]?.length ?? 0]).not.toEqual([status, 0]);
  await expect.poll(sockets).toBeLessThan(openBefore + 16);
  expect(errorsIn(stack.log())).toEqual([]);
});

test('an upload that its sender breaks off, and rubbish, are no incidents', async () => {
  const start = `POST /api/v1/deployments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens[0]}\r\nContent-Type: application/json\r\n`;
  for (const rest of [
    '',
    'Content-Length: 9\r\n\r\n{',
    'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n',
    'Transfer-Encoding: chunked\r\n\r\nx',
  ]) {
    const connection = await openRaw(stack.running.gateway);
    connection.write(Buffer.from(start + rest));
    await new Promise((resolve) => setTimeout(resolve, 100));
    connection[Symbol.dispose]();
  }
  await stack.player.api.list(invoicing.listPlans, {});
  expect(errorsIn(stack.log())).toEqual([]);
});

test('a request that is refused changes nothing', { timeout }, async () => {
  let commands = makeRequests().filter(({ route }) => route.contract.effect === 'command');
  let before = {};
  let accepted = new Set<FuzzedRequest>();
  // What one request makes, another may change; those that are accepted are left out until none is.
  for (let round = 0; round === 0 || (accepted.size > 0 && round < 8); round += 1) {
    commands = commands.filter((request) => !accepted.has(request));
    before = await restingState(stack);
    const outcomes = await sendAll(commands);
    accepted = new Set(outcomes.filter(({ status }) => status < 400).map(({ request }) => request));
  }
  expect([...accepted].map(({ what }) => what)).toEqual([]);
  expect(await restingState(stack)).toEqual(before);
  expect(commands.length).toBeGreaterThan(count / 5);
});
