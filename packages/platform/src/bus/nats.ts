import { setTimeout as delay } from 'node:timers/promises';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, errors } from '@nats-io/nats-core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ConfigError, type NatsAccess } from '../kernel/config.ts';
import type { Logger } from '../kernel/log.ts';
import { type RequestSigner, unsignedRequests } from '../requests/request-signature.ts';
import { type RequestMux, requestMux } from './request-mux.ts';

/** A NATS connection, with the abilities of its server and its present state. */
export type Bus = {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** True from nats-server 2.12 on; with older servers, messages are published one by one. */
  readonly hasAtomicBatches: boolean;
  isConnected(): boolean;
  /** Resolves when the connection is up, or is closed for good. */
  connected(): Promise<void>;
  /** The same promise, but rejected as soon as the connection breaks: a reply on its way is then lost. */
  whileConnected<T>(reply: Promise<T>): Promise<T>;
  /** Sends a request and waits for its reply; rejects as soon as the connection breaks. */
  readonly request: RequestMux['request'];
  /** Signs requests and verifies those of others. */
  readonly signer: RequestSigner;
  /** A new subject for replies that only this connection's user may read. */
  newInbox(): string;
  /** Calls `callback` after every reconnect. Returns a function that removes it. */
  onReconnect(callback: () => void): () => void;
  close(): Promise<void>;
};

const oldestServer = [2, 10] as const;
const atomicSince = [2, 12] as const;

/**
 * Connects to NATS, waiting for a server that is not reachable yet until `signal` aborts. Afterwards the client reconnects by
 * itself, without limit.
 * @throws ConfigError at once when the server refuses the login or is too old
 */
export async function connectBus(
  access: NatsAccess,
  options: { name: string; log: Logger; signal?: AbortSignal; signer?: RequestSigner },
): Promise<Bus> {
  const nc = await connectPatiently(access, options);
  const version = nc.info?.version ?? '0.0.0';
  if (!isAtLeast(version, oldestServer)) {
    await nc.close();
    throw new ConfigError(
      `The nats-server at ${access.servers.join(', ')} is ${version}; Arcadia Cloud needs ${oldestServer.join('.')} or newer.`,
    );
  }
  const js = jetstream(nc, { timeout: 5_000 });
  const jsm = await jetstreamManager(nc, { timeout: 5_000, checkAPI: false });
  const listeners = new Set<() => void>();
  let connected = true;
  let up = Promise.withResolvers<void>();
  up.resolve();
  const waiting = new Set<(error: Error) => void>();
  const newInbox = () => createInbox(inboxOf(access, options.name));
  const requests = requestMux(nc, newInbox);
  const onRefused = (error: Error & { subject: string }) => requests.end(error, error.subject);
  void watchStatus(nc, { log: options.log, onRefused }, (isUp) => {
    if (isUp === connected) return;
    connected = isUp;
    if (isUp) {
      up.resolve();
      for (const listener of listeners) listener();
    } else {
      up = Promise.withResolvers();
      const error = new Error('the connection to NATS was lost');
      for (const reject of waiting) reject(error);
      requests.end(error);
    }
  });
  return {
    nc,
    js,
    jsm,
    hasAtomicBatches: isAtLeast(version, atomicSince),
    isConnected: () => connected && !nc.isClosed(),
    connected: () => Promise.race([up.promise, nc.closed().then(() => undefined)]),
    whileConnected: (reply) => unlessInterrupted(reply, waiting),
    request: requests.request,
    signer: options.signer ?? unsignedRequests(),
    newInbox,
    onReconnect(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    async close() {
      if (nc.isClosed()) return;
      // drain() waits for the server; without a server it would block a stopping process for ever.
      if (connected) await Promise.race([nc.drain().catch(() => undefined), delay(2_000, undefined, { ref: false })]);
      if (!nc.isClosed()) await nc.close();
    },
  };
}

/** The subjects of replies to one user: no other user may read them. */
export const inboxOf = ({ user }: Pick<NatsAccess, 'user'>, name: string): string => `_INBOX.${user ?? name}`;

async function connectPatiently(
  access: NatsAccess,
  options: { name: string; log: Logger; signal?: AbortSignal },
): Promise<NatsConnection> {
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await connect({
        ...access,
        name: options.name,
        inboxPrefix: inboxOf(access, options.name),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 100,
        // A connection that went dead is given up after 15 seconds.
        pingInterval: 5_000,
        maxPingOut: 2,
        timeout: 5_000,
        // A stack trace for each request, made before it is sent, took a quarter of the time of a request; errors name the request instead.
        noAsyncTraces: true,
      });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (/authorization|authentication/i.test(text)) {
        throw new ConfigError(`The nats-server at ${access.servers.join(', ')} refuses the login of ${options.name}.`, {
          cause: error,
        });
      }
      if (attempt === 1 || attempt % 20 === 0) {
        options.log.warn({ servers: access.servers, reason: text }, 'NATS is not reachable yet; waiting for it');
      }
      await delay(500, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

type Watching = {
  log: Logger;
  /** Called when the server refuses what was published: the user lacks the right. */
  onRefused: (error: Error & { subject: string }) => void;
};

async function watchStatus(
  nc: NatsConnection,
  { log, onRefused }: Watching,
  report: (isUp: boolean) => void,
): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') {
      report(false);
      log.warn('lost the connection to NATS; reconnecting');
    } else if (status.type === 'reconnect') {
      report(true);
      log.info('connected to NATS again');
    } else if (status.type === 'error') {
      if (status.error instanceof errors.PermissionViolationError && status.error.operation === 'publish')
        onRefused(status.error);
      log.error({ err: status.error }, 'NATS reports an error');
    }
  }
  report(false);
}

export function isAtLeast(version: string, wanted: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

/** Settles as the reply does, or is rejected through `waiting` when the connection breaks. */
function unlessInterrupted<T>(reply: Promise<T>, waiting: Set<(error: Error) => void>): Promise<T> {
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    reply.then(
      (value) => {
        waiting.delete(reject);
        resolve(value);
      },
      (error: unknown) => {
        waiting.delete(reject);
        reject(error);
      },
    );
  });
}
