import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, defineService } from '@arcadia/platform';
import { serve } from '@hono/node-server';
import { parseConfig } from './config.ts';
import { buildServer } from './server.ts';

/** The only door for people: verifies who asks, passes on what is asked, keeps nothing. */
export const service = defineService({
  name: 'gateway',
  schema: null,
  config: parseConfig,
  migrations: {},
  publishes: [],
  consumes: [],
  answers: [],
  jobs: [],
  start: async (context) => {
    const { host, port, requestTimeoutMs } = context.config;
    const stopping = new AbortController();
    const server = serve({
      fetch: buildServer(context, stopping.signal).fetch,
      hostname: host,
      port,
      serverOptions: {
        requestTimeout: requestTimeoutMs,
        headersTimeout: Math.min(requestTimeoutMs, 10_000),
        connectionsCheckingInterval: Math.min(requestTimeoutMs, 5_000),
      },
    }) as Server;
    const address = await listening(server, host, port);
    context.health.report('http', { ok: true, address });
    context.log.info({ address }, 'listening');
    return async () => {
      stopping.abort();
      await close(server);
    };
  },
});

/** How long requests that are being answered may go on once the gateway is asked to stop, in milliseconds. */
const finishWithinMs = 10_000;

const listening = async (server: Server, host: string, port: number): Promise<string> => {
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new ConfigError(
        `Port ${port} on ${host} is in use; stop what listens there, or give the gateway another GATEWAY_PORT.`,
      );
    throw new ConfigError(
      `The gateway cannot listen on ${host}:${port} (${code}); see GATEWAY_HOST and GATEWAY_PORT.`,
      {
        cause: error,
      },
    );
  }
  const { port: actual } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
};

/** No new connections; idle ones end at once, the others when their answer is out. */
const close = async (server: Server): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  const letIdleGo = setInterval(() => server.closeIdleConnections(), 50);
  const cutOff = setTimeout(() => server.closeAllConnections(), finishWithinMs);
  await closed;
  clearInterval(letIdleGo);
  clearTimeout(cutOff);
};
