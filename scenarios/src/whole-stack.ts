import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Api,
  connectApi,
  createPlayer,
  type Home,
  issueTokens,
  natsUsersOf,
  openHome,
  type Player,
  type Progress,
  type Report,
  readReport,
  type StartInfrastructure,
  servicesWithDatabase,
  startWorldStack,
  type WorldStack,
} from '@arcadia/app';
import type { World } from '@arcadia/digitalocean-simulator';
import { type ThrowawayDatabase, throwawayDatabase, throwawayNats } from '@arcadia/testkit';

/** Everything that `npm start` starts, in this process, on a throwaway database and nats-server. */
export type WholeStack = AsyncDisposable & {
  readonly world: World;
  readonly home: Home;
  readonly running: WorldStack;
  readonly tokens: Report['tokens'];
  readonly player: Player;
  readonly database: ThrowawayDatabase;
  /** A client of the gateway with this tenant's token. */
  as(tenant: string): Promise<Api>;
  /** Plays the world to its end. */
  play(): Promise<Report>;
  /** The log lines so far. */
  log(): string;
};

/** Prints the progress if ARCADIA_DEBUG is set. */
const printProgress = (text: string): void => {
  if (process.env['ARCADIA_DEBUG']) process.stderr.write(`${text}\n`);
};
const silent: Progress = { stage: printProgress, now: printProgress, end: () => {} };
/** Starts the same code as `npm start`, on other servers. */
export const startWholeStack = async (
  world: World,
  options: { env?: Readonly<Record<string, string>> } = {},
): Promise<WholeStack> => {
  const stack = new AsyncDisposableStack();
  try {
    const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-scenario-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const home = openHome(folder, { fresh: false });
    const database = stack.use(await throwawayDatabase({ services: servicesWithDatabase }));
    const infrastructure: StartInfrastructure = async () => {
      const nats = await throwawayNats({ users: natsUsersOf(home) });
      return {
        nats,
        databaseUrls: new Map(servicesWithDatabase.map((name) => [name, database.urlOf(name)])),
        stop: () => nats.stop(),
      };
    };
    const running = await startWorldStack({
      ...options,
      world,
      home,
      port: 0,
      only: null,
      progress: silent,
      infrastructure,
    });
    stack.defer(() => running.stop());
    const tokens = await issueTokens(home, world);
    const player = await createPlayer(running, { home, world, token: tokens.operator });
    stack.defer(() => player.close());
    const { gateway } = running;
    const log = (): string => readFileSync(home.at('arcadia.log'), 'utf8');
    return {
      world,
      home,
      running,
      tokens,
      player,
      database,
      as: (tenant) => connectApi(gateway, tokens.tenants[tenant] ?? ''),
      play: async () => {
        try {
          await player.play(silent, new AbortController().signal);
          return await readReport({ api: player.api, world, gateway, tokens });
        } catch (error) {
          // The log is deleted with its folder; its last errors are kept in the message.
          const errors = log()
            .split('\n')
            .filter((line) => line.includes('"level":"error"'));
          throw new Error(`${(error as Error).message}\n${errors.slice(-5).join('\n')}`, { cause: error });
        }
      },
      log,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
};
