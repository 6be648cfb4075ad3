import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Line } from './stage.ts';

/** A request on its way to the provider, as a line receives it. */
export type PassingRequest = { method: string; path: string; body: string };

/** The reply that the service receives; `break`: none, and the connection is closed. */
export type PassingReply = { status: number; body: string } | 'break';

/** Sends a request on to the provider, as often as it is called. */
export type Forward = () => Promise<{ status: number; body: string }>;

/** A connection to the provider on which every request is handled by a function, which may forward it, reply itself, or break off. */
export const lineOf =
  (handle: (request: PassingRequest, forward: Forward) => Promise<PassingReply>): Line =>
  async (target) => {
    const carry = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
      const { method = 'GET', url: path = '/', headers } = incoming;
      const forward: Forward = async () => {
        const reply = await fetch(target + path, {
          method,
          headers: { authorization: String(headers.authorization), 'content-type': 'application/json' },
          ...(body === '' ? {} : { body }),
        });
        return { status: reply.status, body: await reply.text() };
      };
      const reply = await handle({ method, path, body }, forward);
      if (reply === 'break') return void outgoing.destroy();
      outgoing.writeHead(reply.status, { 'content-type': 'application/json' });
      outgoing.end(reply.status === 204 ? undefined : reply.body);
    };
    const server = createServer((incoming, outgoing) => {
      carry(incoming, outgoing).catch(() => outgoing.destroy());
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
