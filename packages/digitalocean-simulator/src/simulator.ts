import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { type Action, createActionLog } from './actions.ts';
import { type Env, refuse } from './answers.ts';
import { misbehave } from './misbehave.ts';
import { rateLimit } from './rate-limit.ts';
import { accountRoutes } from './routes/account.ts';
import { billingRoutes } from './routes/billing.ts';
import { destroyAssociatedRoutes } from './routes/destroy-associated.ts';
import { dropletRoutes } from './routes/droplets.ts';
import { managedRoutes } from './routes/managed.ts';
import { networkRoutes } from './routes/network.ts';
import { projectRoutes } from './routes/projects.ts';
import { storageRoutes } from './routes/storage.ts';
import { dropletWriteRoutes } from './routes/write-droplets.ts';
import { networkWriteRoutes } from './routes/write-network.ts';
import { storageWriteRoutes } from './routes/write-storage.ts';
import { seedObjects } from './seed.ts';
import { catalogueOf, type Simulated } from './simulated.ts';
import { spacesDoor } from './spaces.ts';
import { createStore, type WrittenObjects } from './store.ts';
import { type World, WorldError, worldHash } from './world.ts';

export interface SimulatorOptions {
  readonly world: World;
  /** What identifies the world in the state file. Default: a hash of its content, which also changes when a version adds a default. */
  readonly worldId?: string;
  /** The simulator's clock. */
  readonly clock: () => Temporal.Instant;
  /** Default: a free port. */
  readonly port?: number;
  /** Address of the API. Default: this machine alone. */
  readonly hostname?: string;
  /** The only token accepted. Default: the world's, otherwise any. */
  readonly token?: string;
  /** File in which writes are stored, so that a restarted simulator continues with them. Default: none. */
  readonly stateFile?: string;
}

/** A request and the status of its response. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
  /** By the simulator's clock. */
  readonly at: Temporal.Instant;
}

/** All writes since the world began; plain JSON. */
export interface SimulatorState extends WrittenObjects {
  readonly world: string;
  readonly lastInteger: number;
  readonly actions: readonly Action[];
}

export interface Simulator {
  /** The base URL of the API, without `/v2`. */
  readonly url: string;
  /** The URL of the S3-like API for buckets; path style. */
  readonly spacesUrl: string;
  readonly requests: readonly ReceivedRequest[];
  snapshot(): SimulatorState;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves the provider's side of a world over HTTP, as DigitalOcean would at the clock's time.
 * @throws WorldError if the state file belongs to another world
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { world, clock } = options;
  const state = readState(options);
  const simulated = simulate(world, state);
  const stopping = new AbortController();
  const requests: ReceivedRequest[] = [];
  const snapshot = (): SimulatorState => ({
    world: options.worldId ?? worldHash(world),
    lastInteger: simulated.lastInteger(),
    objects: simulated.store.written().objects,
    actions: simulated.actions.written(),
  });
  const keep = (): void => {
    if (options.stateFile === undefined) return;
    writeFileSync(`${options.stateFile}.new`, JSON.stringify(snapshot()));
    renameSync(`${options.stateFile}.new`, options.stateFile);
  };
  const api = apiOf(simulated, { options, stopping: stopping.signal, requests, keep });
  const hostname = options.hostname ?? '127.0.0.1';
  const server = await listen(api, { port: options.port ?? 0, hostname });
  const spaces = await listen(
    spacesDoor(simulated, () => clock().epochMilliseconds),
    { port: 0, hostname: '127.0.0.1' },
  );
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([close(server), close(spaces)]);
  };
  return { url: urlOf(server), spacesUrl: urlOf(spaces), requests, snapshot, stop, [Symbol.asyncDispose]: stop };
}

function simulate(world: World, state: SimulatorState | undefined): Simulated {
  let last = state?.lastInteger ?? 900_000_000;
  const nextInteger = (): number => {
    last += 1;
    return last;
  };
  const store = createStore(seedObjects(world));
  if (state !== undefined) store.restore(state);
  const actions = createActionLog(store, world.provider.behaviour, nextInteger);
  if (state !== undefined) actions.restore(state.actions);
  return { world, store, actions, nextInteger, lastInteger: () => last, ...catalogueOf(world) };
}

interface Surroundings {
  readonly options: SimulatorOptions;
  readonly stopping: AbortSignal;
  readonly requests: ReceivedRequest[];
  keep(): void;
}

function apiOf(simulated: Simulated, { options, stopping, requests, keep }: Surroundings): Hono<Env> {
  const { world } = simulated;
  const token = options.token ?? world.provider.token;
  const api = new Hono<Env>();
  api.use(async (c, next) => {
    const at = options.clock();
    c.set('now', at.epochMilliseconds);
    c.set('requestId', randomUUID());
    simulated.actions.settle(at.epochMilliseconds);
    await next();
    c.res.headers.set('x-request-id', c.get('requestId'));
    const url = new URL(c.req.url);
    // A simulator may run for weeks, so only the latest requests are kept.
    if (requests.length >= 20_000) requests.splice(0, 10_000);
    requests.push({ method: c.req.method, path: url.pathname + url.search, status: c.res.status, at });
    if (c.req.method !== 'GET') keep();
  });
  api.use(rateLimit(world.provider.rate_limit));
  api.use(async (c, next) => {
    const given = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];
    if (given === undefined || (token !== undefined && given !== token)) return refuse(c, 'unauthorized');
    return next();
  });
  api.use(misbehave(world.provider.faults, stopping));
  const rooms = [
    accountRoutes,
    projectRoutes,
    dropletRoutes,
    dropletWriteRoutes,
    destroyAssociatedRoutes,
    storageRoutes,
    storageWriteRoutes,
    networkRoutes,
    networkWriteRoutes,
    managedRoutes,
  ];
  for (const room of rooms) api.route('/v2', room(simulated));
  api.route('/v2/customers/my', billingRoutes(simulated));
  api.notFound((c) => refuse(c, 'not_found'));
  return api;
}

function readState({ world, worldId, stateFile }: SimulatorOptions): SimulatorState | undefined {
  if (stateFile === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(stateFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const state = JSON.parse(text) as SimulatorState;
  if (state.world !== worldId && state.world !== worldHash(world))
    throw new WorldError(
      `the state file ${stateFile} belongs to another world than ${world.name}; remove it to start over`,
    );
  return state;
}

function listen(app: { fetch: Hono['fetch'] }, at: { port: number; hostname: string }): Promise<ServerType> {
  const server = createAdaptorServer({ fetch: app.fetch });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.hostname, () => resolve(server));
  });
}

function urlOf(server: ServerType): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
