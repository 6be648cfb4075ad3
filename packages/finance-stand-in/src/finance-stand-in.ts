import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type HttpBindings, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { jwtVerify } from 'jose';
import { z } from 'zod';

/** An imported document, as of its last import. */
export type Imported = {
  id: string;
  /** `cost`: a provider's charge to us. `receivable`: a tenant's debt to us. */
  book: 'cost' | 'receivable';
  tenant: string;
  source: string;
  external_id: string;
  /** Number of imports; 1 means that it was created and never updated. */
  imports: number;
  body: Record<string, unknown>;
};

export type FinanceStandIn = {
  readonly url: string;
  /** Everything imported, in the order of first import. */
  imported(): Imported[];
  /**
   * Makes the next `times` imports fail with a status (default 503), or with a broken connection (`hangUp`). With `after`
   * they take effect before they fail.
   */
  fail(times: number, how?: { status?: number; after?: boolean; hangUp?: boolean }): void;
  /** Number of import requests, including failed ones. */
  requests(): number;
  stop(): Promise<void>;
};

const importBody = z.looseObject({ source: z.string().min(1), external_id: z.string().min(1) });
const claims = z.looseObject({ tenant_id: z.string().min(1), roles: z.array(z.string()) });

type Failing = { times: number; status: number; after: boolean; hangUp: boolean };

/**
 * Starts a stand-in for the company's finance system. It imports costs and receivables over HTTP, identifies each by tenant,
 * source and external id, and answers `{ id, status: created | updated }`. It checks the token like the real system (HS256,
 * role admin, issued at most five minutes ago). It keeps its data in memory.
 */
export async function startFinanceStandIn(options: { port?: number; secret: string }): Promise<FinanceStandIn> {
  const books = new Map<string, Imported>();
  const failing: Failing = { times: 0, status: 503, after: false, hangUp: false };
  let requests = 0;
  const app = new Hono<{ Bindings: HttpBindings; Variables: { tenant: string } }>();

  app.get('/api/health', (c) => c.json({ service: 'finance-stand-in', status: 'ok' }));
  app.use('/api/v1/*', async (c, next) => {
    const tenant = await tenantOf(c.req.header('authorization'), options.secret);
    if (tenant === null) return c.json({ error: 'unauthorized' }, 401);
    c.set('tenant', tenant);
    return next();
  });
  for (const [path, book] of [
    ['import-invoice', 'cost'],
    ['import-receivable', 'receivable'],
  ] as const) {
    app.post(`/api/v1/integrations/cloud/${path}`, async (c) => {
      requests += 1;
      const fault = takeFault(failing);
      if (fault !== null && !fault.after) return refuse(c.env.incoming, fault);
      const body = importBody.safeParse(await c.req.json().catch(() => null));
      if (!body.success) return c.json({ error: 'unprocessable', issues: body.error.issues }, 422);
      const answer = importInto(books, { book, tenant: c.get('tenant'), body: body.data });
      if (fault !== null) return refuse(c.env.incoming, fault);
      return c.json(answer, answer.status === 'created' ? 201 : 200);
    });
  }
  app.get('/api/v1/integrations/cloud/imports', (c) =>
    c.json({ items: [...books.values()].filter(({ tenant }) => tenant === c.get('tenant')) }),
  );

  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port ?? 0 });
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    imported: () => [...books.values()],
    fail: (times, how = {}) => {
      Object.assign(failing, {
        times,
        status: how.status ?? 503,
        after: how.after ?? false,
        hangUp: how.hangUp ?? false,
      });
    },
    requests: () => requests,
    stop: async () => {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const tenantOf = async (authorization: string | undefined, secret: string): Promise<string | null> => {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) return null;
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'iat'],
      maxTokenAge: '5 minutes',
    });
    const given = claims.parse(payload);
    return given.roles.includes('admin') ? given.tenant_id : null;
  } catch {
    return null;
  }
};

const takeFault = (failing: Failing): Failing | null => {
  if (failing.times === 0) return null;
  failing.times -= 1;
  return { ...failing };
};

const refuse = (incoming: { socket: { destroy(): void } }, fault: Failing): Response => {
  if (fault.hangUp) incoming.socket.destroy();
  return Response.json({ error: 'the stand-in fails on request' }, { status: fault.status });
};

const importInto = (
  books: Map<string, Imported>,
  given: { book: Imported['book']; tenant: string; body: z.output<typeof importBody> },
): { id: string; status: 'created' | 'updated' } => {
  const { source, external_id } = given.body;
  const key = JSON.stringify([given.tenant, source, external_id]);
  const known = books.get(key);
  const id = known?.id ?? `FIN-${String(books.size + 1).padStart(6, '0')}`;
  books.set(key, { ...given, id, source, external_id, imports: (known?.imports ?? 0) + 1 });
  return { id, status: known === undefined ? 'created' : 'updated' };
};
