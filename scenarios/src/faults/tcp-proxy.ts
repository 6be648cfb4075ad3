import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A line to a server on this machine that a test can disturb. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number;
  /** Ends all connections and refuses new ones, as when the server is gone, until `mend`. */
  cut(): void;
  /** Nothing passes any more on the present connections, and none of them is closed, as when a host vanishes. New ones work. */
  darken(): void;
  /** Delays all that passes, in each direction. */
  delayBy(ms: number): void;
  /** Lets the next commits reach the server, and closes the connection instead of passing the reply. */
  loseCommits(count: number): void;
  /** How many replies to commits were lost. */
  lostCommits(): number;
  mend(): void;
};

type Pair = { client: Socket; server: Socket; isDark: boolean; isCommitting: boolean };

export async function openTcpProxy(target: { port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const state = { isCut: false, delayMs: 0, commitsToLose: 0, lostCommits: 0 };

  /** Passes chunks in their order, whatever the delay was when each arrived. */
  const passing = (pair: Pair, to: Socket, inspect: (chunk: Buffer) => boolean) => {
    let last: Promise<unknown> = Promise.resolve();
    return (chunk: Buffer): void => {
      if (pair.isDark) return;
      // Each chunk is late by the delay, however many are on the way.
      const dueAt = Date.now() + state.delayMs;
      last = last.then(async () => {
        const ms = dueAt - Date.now();
        if (ms > 0) await delay(ms);
        if (!pair.isDark && inspect(chunk)) to.write(chunk);
      });
    };
  };
  const end = (pair: Pair): void => {
    pair.client.destroy();
    pair.server.destroy();
    pairs.delete(pair);
  };

  const listener = createServer((client) => {
    if (state.isCut) return void client.destroy();
    const server = connect({ host: '127.0.0.1', port: target.port });
    const pair: Pair = { client, server, isDark: false, isCommitting: false };
    pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on(
      'data',
      passing(pair, server, (chunk) => {
        pair.isCommitting = state.commitsToLose > 0 && /commit\0/i.test(chunk.toString('latin1'));
        return true;
      }),
    );
    server.on(
      'data',
      passing(pair, client, () => {
        if (!pair.isCommitting || state.commitsToLose === 0) return true;
        state.commitsToLose -= 1;
        state.lostCommits += 1;
        end(pair);
        return false;
      }),
    );
    for (const socket of [client, server])
      socket.on('error', () => undefined).on('close', () => void (pair.isDark || end(pair)));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut() {
      state.isCut = true;
      for (const pair of pairs) end(pair);
    },
    darken() {
      for (const pair of pairs) pair.isDark = true;
    },
    delayBy(ms) {
      state.delayMs = ms;
    },
    loseCommits(count) {
      state.commitsToLose = count;
    },
    lostCommits: () => state.lostCommits,
    mend() {
      Object.assign(state, { isCut: false, delayMs: 0, commitsToLose: 0 });
      for (const pair of pairs) if (pair.isDark) end(pair);
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) end(pair);
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
