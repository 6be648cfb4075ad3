import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway } from '@arcadia/gateway-client';
import { ConfigError, type Logger } from '@arcadia/platform';
import { serve } from '@hono/node-server';
import { loadAssets } from './assets.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { buildServer } from './server.ts';
import type { Person } from './session.ts';
import { createCookies } from './sign-in/cookies.ts';
import { createOneTimeLinks, type IssueToken } from './sign-in/one-time-links.ts';

export type RunningConsole = {
  readonly url: string;
  /** The address of a new link that signs a person in once. Throws where tokens are not issued here. */
  signInLink(person: Person): string;
  stop(): Promise<void>;
};

/** How long running requests may continue once the console is stopped, in milliseconds. */
const finishWithinMs = 5_000;

/**
 * Starts the console. With `issueToken` it signs people in by one-time links, as `npm start` does.
 * @throws ConfigError when the address is not available
 */
export async function startConsole(options: {
  config: Config;
  log: Logger;
  issueToken?: IssueToken;
}): Promise<RunningConsole> {
  const { config, log, issueToken } = options;
  const isSecure = config.publicUrl?.protocol === 'https:';
  const ctx: Context = {
    config,
    log,
    gateway: createGateway(config.gatewayUrl),
    assets: loadAssets(),
    cookies: createCookies({ secret: config.secret, isSecure }),
    links: issueToken === undefined ? null : createOneTimeLinks(issueToken),
  };
  let url = '';
  const origin = (): string => config.publicUrl?.origin ?? url;
  const server = serve({
    fetch: buildServer(ctx, origin).fetch,
    hostname: config.host,
    port: config.port,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000 },
  }) as Server;
  url = await listening(server, config);
  log.info({ address: url }, 'listening');
  return {
    url: origin(),
    signInLink: (person) => {
      if (ctx.links === null) throw new Error('this console issues no tokens, so it makes no sign-in links');
      return `${origin()}${ctx.links.create(person)}`;
    },
    stop: () => close(server),
  };
}

async function listening(server: Server, { host, port }: Config): Promise<string> {
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'the port is in use' : String(code);
    throw new ConfigError(`The console cannot listen on ${host}:${port}: ${why}; set CONSOLE_HOST or CONSOLE_PORT.`, {
      cause: error,
    });
  }
  const { port: actual } = server.address() as AddressInfo;
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${actual}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const closeAll = setTimeout(() => server.closeAllConnections(), finishWithinMs);
  const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(closeAll);
}
