import { once } from 'node:events';
import { defineService } from '@arcadia/platform';
import { serve } from '@hono/node-server';
import { parseConfig } from './config.ts';
import { buildServer } from './server.ts';

/** The only door for people: verifies who asks, passes on what is asked, keeps nothing. */
export const service = defineService({
  name: 'gateway',
  schema: null,
  config: parseConfig,
  migrations: {},
  says: [],
  hears: [],
  answers: [],
  jobs: [],
  start: async (context) => {
    const { host, port } = context.config;
    const server = serve({
      fetch: buildServer(context).fetch,
      hostname: host,
      port,
      serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000 },
    });
    await once(server, 'listening');
    context.log.info({ host, port }, 'listening');
    return async () => {
      server.close();
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      await once(server, 'close');
    };
  },
});
