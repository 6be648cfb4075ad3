import { Agent, get, type IncomingMessage } from 'node:http';

/** One GET, read to its end: its status, its body as text if wanted, and its duration in milliseconds. */
export type Answered = { status: number; text: string; ms: number };

/** Keep-alive connections to one server. */
export function openClients(url: string, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  const send = (path: string, token: string): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const headers = { authorization: `Bearer ${token}` };
      get({ agent, hostname, port, path, headers }, (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            ms: performance.now() - started,
          }),
        );
      }).on('error', reject);
    });
  return { send, close: () => agent.destroy() };
}

/** A response of any length, of which only the bytes are counted. */
export function drain(
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<{ status: number; bytes: number; ms: number }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { headers: { authorization: `Bearer ${token}` }, signal }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes, ms: performance.now() - started }));
    }).on('error', reject);
  });
}

/** Runs clients that each send one request after the other for a time; returns all durations in milliseconds and the number of failures. */
export async function runClients(
  clients: number,
  forMs: number,
  sendOne: (client: number, turn: number) => Promise<Answered>,
): Promise<{ times: number[]; failures: number; ms: number }> {
  const started = performance.now();
  const times: number[] = [];
  let failures = 0;
  const client = async (_: unknown, number: number) => {
    for (let turn = 0; performance.now() - started < forMs; turn += 1) {
      const { status, ms } = await sendOne(number, turn).catch(() => ({ status: 0, ms: performance.now() - started }));
      times.push(ms);
      if (status !== 200) failures += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { times, failures, ms: performance.now() - started };
}
