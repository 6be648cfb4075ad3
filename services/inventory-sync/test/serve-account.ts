import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Response bodies by path; texts are sent unchanged. The response for any other path is an empty list. */
export type Answers = Record<string, unknown>;

const keyOfPath = (path: string): string => {
  const last = path.split('/').at(-1) ?? '';
  const keys = {
    reserved_ipv6: 'reserved_ipv6s',
    clusters: 'kubernetes_clusters',
    nfs: 'shares',
    attachments: 'partner_attachments',
  };
  return Object.entries(keys).find(([path]) => path === last)?.[1] ?? last;
};

/** An account with responses made by the test, for responses that the simulator never gives. `answers` may be changed while it runs; all have the same status. */
export async function serveAccount(answers: Answers, status = 200) {
  const refused = new Set<string>();
  const missing = new Set<string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://account');
    const isGpuPass = url.searchParams.get('type') === 'gpus';
    const empty = { [keyOfPath(url.pathname)]: [], links: {}, meta: { total: 0 } };
    const body = isGpuPass ? empty : (answers[url.pathname] ?? empty);
    const isRefused = refused.has(url.pathname);
    const isMissing = missing.has(url.pathname);
    response.writeHead(isRefused ? 403 : isMissing ? 404 : status, { 'content-type': 'application/json' });
    response.end(
      isRefused || isMissing
        ? `{"id":"${isRefused ? 'forbidden' : 'not_found'}","message":"You are not authorized, or it is not there."}`
        : typeof body === 'string'
          ? body
          : JSON.stringify(body),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    /** Paths that answer 403. */
    refused,
    /** Paths that answer 404. */
    missing,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One page that holds everything. */
export const listOf = (key: string, items: readonly unknown[]) => ({
  [key]: items,
  links: {},
  meta: { total: items.length },
});

/** A droplet as the provider lists it, with some fields given. */
export const listedDroplet = (given: object) => ({
  id: 1,
  name: 'web',
  status: 'active',
  created_at: '2026-02-01T00:00:00Z',
  region: { slug: 'syd1' },
  size_slug: 's-1vcpu-1gb',
  memory: 1024,
  vcpus: 1,
  disk: 25,
  tags: [],
  ...given,
});
