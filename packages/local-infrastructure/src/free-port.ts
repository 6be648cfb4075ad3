import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems hand out to connections and to servers without a port of their own (Linux from 32768 on). */
const range = { from: 15_000, until: 32_000 };

/** A TCP port of 127.0.0.1 that is free now, and that no program is given by chance before the caller listens on it. */
export async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const port = randomInt(range.from, range.until);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${range.from} to ${range.until} of 127.0.0.1 is free.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
