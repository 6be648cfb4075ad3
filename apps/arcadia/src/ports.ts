import { createServer } from 'node:net';
import { freePort } from '@arcadia/local-infrastructure';

const bind = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });

export const ports = {
  /** A port that is free right now. */
  free: freePort,
  /** Throws if the port is in use, so that the command fails before anything is started. */
  assertFree: async (port: number, option = '--port'): Promise<void> => {
    try {
      await bind(port);
    } catch (error) {
      throw new Error(
        `Port ${port} is in use; stop the process that listens there, or choose another port with ${option}.`,
        {
          cause: error,
        },
      );
    }
  },
};
