import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Line } from '../test/stage.ts';

/**
 * A connection to the provider that loses the replies to the first `times` creations of a droplet. With `lateMs`, the first of
 * them reaches the provider only so many milliseconds later, after the connection of the service broke.
 */
export const losingReplies =
  ({ times, lateMs = 0 }: { times: number; lateMs?: number }): Line =>
  async (target) => {
    let creations = 0;
    const forward = async (request: IncomingMessage, body: Buffer) =>
      fetch(`${target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization: String(request.headers.authorization), 'content-type': 'application/json' },
        ...(body.length === 0 ? {} : { body: body.toString() }),
      });
    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
      if (request.method === 'POST' && request.url === '/v2/droplets') {
        creations += 1;
        if (creations <= times) {
          if (creations > 1 || lateMs === 0) await forward(request, body);
          else void delay(lateMs).then(() => forward(request, body));
          response.destroy();
          return;
        }
      }
      const reply = await forward(request, body);
      response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? 'application/json' });
      response.end(Buffer.from(await reply.arrayBuffer()));
    };
    const server = createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };
