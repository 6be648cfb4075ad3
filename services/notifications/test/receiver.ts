import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';

/** A webhook as it arrived. */
export type Delivered = { path: string; headers: Record<string, string>; body: string; atMs: number };

/** How the receiver answers; `never` keeps the connection open without an answer. */
export type Behaviour = (request: Delivered, response: ServerResponse, count: number) => void | 'never';

const ok: Behaviour = (_, response) => {
  response.end('ok');
};

/** A receiver of webhooks that misbehaves on request. */
export async function startReceiver() {
  const received: Delivered[] = [];
  let behaviour: Behaviour = ok;
  let open = 0;
  let mostOpen = 0;
  const server = createServer((request, response) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.once('close', () => {
      open -= 1;
    });
    void handle(request, response);
  });
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const body = Buffer.concat(chunks).toString('utf8');
    const delivered = { path: request.url ?? '', headers, body, atMs: Date.now() };
    received.push(delivered);
    behaviour(delivered, response, received.length);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    received,
    mostOpen: () => mostOpen,
    behave(next: Behaviour | null) {
      behaviour = next ?? ok;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** A server that answers each connection with these bytes, which need not be HTTP. */
export async function startRawServer(bytes: string | Buffer) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
