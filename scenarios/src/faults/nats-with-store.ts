import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type NatsUser, startNats } from '@arcadia/local-infrastructure';

/** A nats-server that a test can kill, and whose store it can put back to an earlier state, as a restored disk does. */
export type NatsWithStore = AsyncDisposable & {
  readonly url: string;
  kill(): Promise<void>;
  /** Starts the server again on the same port and store. */
  start(): Promise<void>;
  /** Copies the store, for which the server is stopped a moment. `setBack` puts the copy in its place. */
  snapshot(): Promise<{ setBack(): Promise<void> }>;
};

/** @param folder for the store and its copies; it is not deleted */
export async function startNatsWithStore(folder: string, users: readonly NatsUser[]): Promise<NatsWithStore> {
  const store = path.join(folder, 'store');
  const options = { storeDir: store, throwaway: true, users };
  let server = await startNats(options);
  const { url, port } = server;
  let copies = 0;
  const start = async (): Promise<void> => {
    await server.stop();
    server = await startNats({ ...options, port });
  };
  return {
    url,
    kill: () => server.kill(),
    start,
    async snapshot() {
      copies += 1;
      const copy = path.join(folder, `copy-${copies}`);
      await server.stop();
      cpSync(store, copy, { recursive: true });
      await start();
      return {
        async setBack() {
          await server.kill();
          rmSync(store, { recursive: true });
          cpSync(copy, store, { recursive: true });
          await start();
        },
      };
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
