import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Recorder = {
  readonly url: string;
  /** The paths of the requests since the last call. */
  taken(): string[];
  stop(): Promise<void>;
};

/** Stands before a gateway, passes every request on to it, and records their paths. */
export const recordRequests = async (gateway: string): Promise<Recorder> => {
  let paths: string[] = [];
  const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    paths.push(request.url ?? '/');
    const headers = Object.fromEntries(
      ['authorization', 'accept'].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const answer = await fetch(`${gateway}${request.url}`, { headers });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    passOn(request, response).catch((error: unknown) => {
      response.writeHead(502);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = paths;
      paths = [];
      return taken;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Sends the requests of a page to the gateway, all at once, and reads their answers. */
export const sendAll = async (gateway: string, paths: readonly string[], token: string): Promise<void> => {
  const headers = { authorization: `Bearer ${token}` };
  await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${gateway}${path}`, { headers });
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
      await answer.arrayBuffer();
    }),
  );
};
