import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Bodies by path; as text they are sent as they are. What is not named is an empty list. */
export type Answers = Record<string, unknown>;

const keyOfPath = (path: string): string => {
  const last = path.split('/').at(-1) ?? '';
  return { reserved_ipv6: 'reserved_ipv6s', clusters: 'kubernetes_clusters' }[last] ?? last;
};

/** An account whose every answer is the test's own, for what no simulator would say. `answers` may be changed while it serves; all have the same status. */
export async function serveAccount(answers: Answers, status = 200) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://account');
    const isGpuPass = url.searchParams.get('type') === 'gpus';
    const empty = { [keyOfPath(url.pathname)]: [], links: {}, meta: { total: 0 } };
    const body = isGpuPass ? empty : (answers[url.pathname] ?? empty);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
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
