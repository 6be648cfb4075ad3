import { createServer } from 'node:net';

const bind = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });

export const ports = {
  /** A port that is free right now. */
  free: (): Promise<number> => bind(0),
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
