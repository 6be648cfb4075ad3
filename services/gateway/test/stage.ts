import { randomBytes } from 'node:crypto';
import { type Actor, metering, type RequestContract, type ServiceName } from '@arcadia/contracts';
import { type Answer, forService } from '@arcadia/platform';
import { startTestService, type TestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { type JWTPayload, SignJWT } from 'jose';
import type { Config } from '../src/config.ts';
import { service } from '../src/service.ts';
import type { Tables } from '../src/store/schema.ts';

export const secret = randomBytes(32).toString('hex');

export type RunningGateway = AsyncDisposable & {
  readonly url: string;
  readonly service: TestService<Tables, Config>;
  /** Sends a request with the given token: null for none, an operator's by default. */
  send(path: string, init?: RequestInit & { token?: string | null }): Promise<Response>;
};

type Reachable = { readonly url: string };

/**
 * Starts a gateway on its own port in front of the services on this NATS.
 * @param shared the database of another replica; by default it has one of its own
 */
export const startGateway = async (
  nats: Reachable,
  env: Record<string, string> = {},
  shared?: Reachable,
): Promise<RunningGateway> => {
  const trust = 'JWT_JWKS_URL' in env ? {} : { JWT_SECRET: secret };
  const own = shared === undefined ? await throwawayDatabase({ service: 'gateway' }) : null;
  const running = await startTestService(service, {
    database: shared ?? own,
    nats,
    env: { GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: '0', ...trust, ...env },
  });
  const url = String((await running.health()).facts['http']?.['address']);
  return {
    url,
    service: running,
    send: async (path, { token, ...init } = {}) => {
      const bearer = token === undefined ? await tokenOf(operator) : token;
      const headers = new Headers(init.headers);
      if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`);
      return fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000), ...init, headers });
    },
    [Symbol.asyncDispose]: async () => {
      await running.stop();
      await own?.[Symbol.asyncDispose]();
    },
  };
};

export const operator: JWTPayload = { sub: 'olivia', roles: ['platform_admin'] };
export const tenantUser: JWTPayload = { sub: 'tess', roles: ['tenant'], tenant_id: 'acme' };

/** A token that is valid, except for what the caller changes. */
export const tokenOf = (claims: JWTPayload, header: { typ?: string } = {}): Promise<string> =>
  new SignJWT({ iss: 'arcadia', exp: Math.floor(Date.now() / 1000) + 3600, ...claims })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .setIssuedAt(claims.iat)
    .sign(new TextEncoder().encode(secret));

/** A request that a neighbouring service received. */
export type Received = { input: unknown; actor: Actor; traceparent: string | null };

const { defineService } = forService<unknown, object>();

/** Starts a service that answers these requests and nothing else. */
export const startNeighbour = (
  nats: Reachable,
  name: ServiceName,
  answers: Answer<unknown, object>[],
): Promise<TestService<unknown, object>> =>
  startTestService(
    defineService({
      name,
      schema: null,
      config: () => ({}),
      migrations: {},
      publishes: [],
      consumes: [],
      answers,
      jobs: [],
    }),
    { database: null, nats },
  );

/** Answers a contract with whatever a test wants the gateway to pass on, right or wrong. */
export const answering = (contract: RequestContract, reply: (input: unknown) => unknown): Answer<unknown, object> => ({
  contract,
  kind: contract.effect === 'read' ? 'read' : 'unmanaged',
  handle: async ({ input }: { input: unknown }) => reply(input),
});

export type Stage = AsyncDisposable & {
  gateway: RunningGateway;
  /** The requests for usage that metering received, in order. */
  received: Received[];
  nats: Awaited<ReturnType<typeof throwawayNats>>;
};

/** A gateway and, as metering, a service that answers `usage.list` and the given requests, on their own NATS. */
export const openStage = async (
  options: { env?: Record<string, string>; answers?: Answer<unknown, object>[] } = {},
): Promise<Stage> => {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await throwawayNats());
  const received: Received[] = [];
  const usage: Answer<unknown, object> = {
    contract: metering.listUsage,
    kind: 'read',
    handle: async ({ input, actor, traceparent }: Received) => {
      received.push({ input, actor, traceparent });
      return { items: [], next_cursor: null };
    },
  };
  const neighbour = await startNeighbour(nats, 'metering', [usage, ...(options.answers ?? [])]);
  stack.defer(() => neighbour.stop());
  const gateway = stack.use(await startGateway(nats, options.env));
  return { gateway, received, nats, [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  request_id: string;
  errors?: { pointer: string; detail: string }[];
};

/** The problem in a response, which must be one (RFC 9457) and agree with the status line. */
export const problemIn = async (response: Response): Promise<Problem> => {
  const type = response.headers.get('content-type') ?? '';
  const text = await response.text();
  if (!type.startsWith('application/problem+json'))
    throw new Error(`${response.status} came as ${type}, not as a problem: ${text.slice(0, 300)}`);
  const body = JSON.parse(text) as Problem;
  if (body.status !== response.status || body.request_id !== response.headers.get('x-request-id'))
    throw new Error(`the problem and its response disagree: ${text}`);
  return body;
};
