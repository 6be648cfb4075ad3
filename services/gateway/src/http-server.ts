import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '@arcadia/platform';
import { getRequestListener } from '@hono/node-server';
import type { Context } from './context.ts';
import { answerParserErrors, answerUnreadable } from './problems/unreadable-requests.ts';
import { buildServer } from './server.ts';

/** How long running requests may continue once the gateway is stopped, in milliseconds. */
const finishWithinMs = 10_000;

/** Starts the HTTP server and returns how to stop it. Throws ConfigError when the address is not available. */
export async function startHttpServer(ctx: Context): Promise<() => Promise<void>> {
  const { host, port, requestTimeoutMs } = ctx.config;
  const stopping = new AbortController();
  const app = buildServer(ctx, stopping.signal);
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(requestTimeoutMs, 10_000),
      connectionsCheckingInterval: Math.min(requestTimeoutMs, 5_000),
      // A request without Host is answered as a problem, like every other that cannot be read.
      requireHostHeader: false,
    },
    // HTTP/1.0 needs no Host; its name is used for nothing but to read the address.
    getRequestListener(app.fetch, { hostname: 'localhost', errorHandler: answerUnreadable }),
  );
  answerParserErrors(server);
  server.listen(port, host);
  const address = await listening(server, host, port);
  ctx.health.report('http', { ok: true, address });
  ctx.log.info({ address }, 'listening');
  return async () => {
    stopping.abort();
    await close(server);
  };
}

async function listening(server: Server, host: string, port: number): Promise<string> {
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new ConfigError(
        `Port ${port} on ${host} is in use; stop the program that uses it, or set GATEWAY_PORT to another port.`,
      );
    throw new ConfigError(
      `The gateway cannot listen on ${host}:${port} (${code}); check GATEWAY_HOST and GATEWAY_PORT.`,
      { cause: error },
    );
  }
  const { port: actual } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}

/** Accepts no new connections, closes idle ones at once and the others when their response is sent. */
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
  const closeAll = setTimeout(() => server.closeAllConnections(), finishWithinMs);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(closeAll);
}
