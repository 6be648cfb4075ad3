import { randomBytes } from 'node:crypto';
import { type Actor, metering, type RequestContract } from '@arcadia/contracts';
import { type Answer, answer, defineService } from '@arcadia/platform';
import { startTestService, type TestService, throwawayNats } from '@arcadia/testkit';
import { type JWTPayload, SignJWT } from 'jose';
import type { GatewayConfig } from '../src/config.ts';
import { service } from '../src/service.ts';

export const secret = randomBytes(32).toString('hex');

export type RunningGateway = AsyncDisposable & {
  readonly url: string;
  readonly service: TestService<unknown, GatewayConfig>;
  /** Sends a request; `token` null sends none, left out an operator's. */
  send(path: string, init?: RequestInit & { token?: string | null }): Promise<Response>;
};

type Reachable = { readonly url: string };

/** A gateway on a port of its own in front of whatever answers on this NATS. */
export const startGateway = async (nats: Reachable, env: Record<string, string> = {}): Promise<RunningGateway> => {
  const trust = 'JWT_JWKS_URL' in env ? {} : { JWT_SECRET: secret };
  const running = await startTestService(service, {
    database: null,
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
    [Symbol.asyncDispose]: () => running.stop(),
  };
};

export const operator: JWTPayload = { sub: 'olivia', roles: ['platform_admin'] };
export const tenantUser: JWTPayload = { sub: 'tess', roles: ['tenant'], tenant_id: 'acme' };

/** A token that is right in every respect, but for what the caller changes. */
export const tokenOf = (claims: JWTPayload, header: { typ?: string } = {}): Promise<string> =>
  new SignJWT({ iss: 'arcadia', exp: Math.floor(Date.now() / 1000) + 3600, ...claims })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .setIssuedAt()
    .sign(new TextEncoder().encode(secret));

/** What a neighbour was asked, in order. */
export type Asked = { input: unknown; actor: Actor; traceparent: string | null };

/** Metering, as far as the gateway can see it: it answers one question, and remembers who asked. */
export const startNeighbour = async (
  nats: Reachable,
  answers: Answer<unknown, unknown>[] = [],
): Promise<{ asked: Asked[] } & AsyncDisposable> => {
  const asked: Asked[] = [];
  const usage = answer(metering.listUsage, async ({ input, actor, traceparent }) => {
    asked.push({ input, actor, traceparent });
    return { items: [], next_cursor: null };
  });
  const running = await startTestService(
    defineService({
      name: 'metering',
      schema: null,
      config: () => ({}),
      migrations: {},
      publishes: [],
      consumes: [],
      answers: [usage, ...answers],
      jobs: [],
    }),
    { database: null, nats },
  );
  return { asked, [Symbol.asyncDispose]: () => running.stop() };
};

/** Answers a contract of metering with whatever a test wants to see passed on. */
export const answering = (contract: RequestContract, say: (input: unknown) => unknown): Answer<unknown, unknown> => ({
  contract,
  kind: contract.effect === 'read' ? 'read' : 'unmanaged',
  handle: async ({ input }: { input: unknown }) => say(input),
});

/** A gateway and its neighbour on a NATS of their own. */
export const startBoth = async (
  options: { env?: Record<string, string>; answers?: Answer<unknown, unknown>[] } = {},
): Promise<
  { gateway: RunningGateway; asked: Asked[]; nats: Awaited<ReturnType<typeof throwawayNats>> } & AsyncDisposable
> => {
  const stack = new AsyncDisposableStack();
  const nats = stack.use(await throwawayNats());
  const neighbour = stack.use(await startNeighbour(nats, options.answers));
  const gateway = stack.use(await startGateway(nats, options.env));
  return { gateway, asked: neighbour.asked, nats, [Symbol.asyncDispose]: () => stack.disposeAsync() };
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
