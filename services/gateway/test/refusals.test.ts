import type { RequestContract, ServiceName } from '@arcadia/contracts';
import type { Answer, PlatformRefusal } from '@arcadia/platform';
import { throwawayNats } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApiOfRoutes } from '../src/index.ts';
import { isProblemWord, problemType } from '../src/problems/problem-types.ts';
import type { Route } from '../src/route.ts';
import { routes } from '../src/routes/index.ts';
import { type Operations, sampleRequest } from './sample-request.ts';
import { problemIn, type RunningGateway, startGateway, startNeighbour } from './stage.ts';

const { paths } = JSON.parse(JSON.stringify(openApiOfRoutes())) as { paths: Operations };
const stack = new AsyncDisposableStack();
let gateway: RunningGateway;
/** What every service answers at the moment. */
let refused = '';

const isFile = ({ path }: Route): boolean => /\.\w+$|\/csv$/.test(path);

/** Answers a contract with the current refusal. */
const refusing = (route: Route): Answer<unknown, object> => {
  const { contract } = route;
  const kind = isFile(route) ? 'stream' : contract.effect === 'read' ? 'read' : 'unmanaged';
  return { contract, kind, handle: async () => ({ refused, detail: 'Refused by the test.' }) };
};

beforeAll(async () => {
  const nats = stack.use(await throwawayNats());
  const byService = Map.groupBy(routes, ({ contract }) => contract.service);
  for (const [service, ofService] of byService) {
    // The gateway under test answers its own requests.
    if (service === 'gateway') continue;
    const contracts = new Map<RequestContract, Route>(ofService.map((route) => [route.contract, route]));
    const neighbour = await startNeighbour(nats, service as ServiceName, [...contracts.values()].map(refusing));
    stack.defer(() => neighbour.stop());
  }
  gateway = stack.use(await startGateway(nats));
});
afterAll(() => stack.disposeAsync());

/** The status and the type with which a route answers a refusal of its service. */
const answered = async (route: Route, word: string): Promise<string> => {
  refused = word;
  const { path, init } = sampleRequest(paths, route);
  const { status, type, detail, errors } = await problemIn(await gateway.send(path, init));
  return `${status} ${type} ${detail}${errors === undefined ? '' : JSON.stringify(errors)}`;
};

test('every route answers each of its refusals with the documented status, on the documented example of a request', async () => {
  let tried = 0;
  for (const route of routes.filter(({ contract }) => contract.service !== 'gateway'))
    for (const word of route.contract.refusals.filter(isProblemWord)) {
      const { status } = problemType(word);
      expect([route.method, route.path, await answered(route, word)]).toEqual([
        route.method,
        route.path,
        `${status} /problems/${word} Refused by the test.`,
      ]);
      expect(Object.keys(paths[route.path]?.[route.method]?.responses ?? {})).toContain(String(status));
      tried += 1;
    }
  expect(tried).toBeGreaterThan(200);
});

test('a refusal of the platform is answered with the status of its type, by every route', async () => {
  const words: PlatformRefusal[] = ['invalid-input', 'in-flight', 'idempotency-key-reused', 'answer-too-large'];
  // The gateway answers some requests itself, and sends the parts of a usage batch by itself.
  const passedOn = routes.filter(({ contract: { name, service } }) => name !== 'usage.ingest' && service !== 'gateway');
  for (const [index, route] of passedOn.entries()) {
    const word = words[index % words.length] ?? 'in-flight';
    expect([route.path, await answered(route, word)]).toEqual([
      route.path,
      `${problemType(word).status} /problems/${word} Refused by the test.`,
    ]);
  }
});

test('a refusal that this version does not know is a 422 that keeps its word', async () => {
  const [route] = routes.filter(({ contract }) => contract.name === 'invoices.list');
  expect(route === undefined ? '' : await answered(route, 'of-a-newer-version')).toBe(
    '422 /problems/of-a-newer-version Refused by the test.',
  );
});
