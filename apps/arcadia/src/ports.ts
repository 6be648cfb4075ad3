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
  /** A port nobody listens on right now. */
  free: (): Promise<number> => bind(0),
  /** Says so, before anything is started, when the port somebody chose is taken. */
  mustBeFree: async (port: number): Promise<void> => {
    try {
      await bind(port);
    } catch (error) {
      throw new Error(`Port ${port} is in use; stop what listens there, or choose another with --port.`, {
        cause: error,
      });
    }
  },
};
