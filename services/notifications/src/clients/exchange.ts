import http from 'node:http';
import https from 'node:https';
import type { PinnedAgents } from './pinned-agents.ts';

/** The bytes of the headers of an answer. */
const headerBytes = 16 * 1_024;

export type Outgoing = {
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
  /** Ends the request, and the reading of its answer. */
  signal: AbortSignal;
};

/**
 * Sends a request to another's server and waits for the head of the answer. Redirects are not followed. It ends in any case: an answer
 * that changes the protocol, or a connection that is closed without one, is an error.
 * @throws AddressRefused, and whatever a connection fails with
 */
export function exchange(
  agents: PinnedAgents,
  url: URL,
  { method, headers, body, signal }: Outgoing,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const agent = agents.agentFor(url);
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const request = (url.protocol === 'http:' ? http : https).request(url, {
      ...{ method, agent, signal, maxHeaderSize: headerBytes },
      headers: { ...headers, 'content-length': String(length) },
    });
    request.on('error', reject);
    request.once('response', resolve);
    request.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      reject(new Error(`the answer changes the protocol (${statusCode ?? 'without a status'})`));
    });
    // After the other events this one changes nothing.
    request.once('close', () => reject(new Error('the connection was closed without an answer')));
    request.end(body);
  });
}
