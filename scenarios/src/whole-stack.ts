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
import { parseWorld, type World } from '@arcadia/digitalocean-simulator';
import { type ThrowawayDatabase, throwawayDatabase, throwawayNats } from '@arcadia/testkit';

/** Everything that `npm start` brings up, in this process, on a database and a nats-server that are thrown away. */
export type WholeStack = AsyncDisposable & {
  readonly world: World;
  readonly home: Home;
  readonly running: WorldStack;
  readonly tokens: Report['tokens'];
  readonly player: Player;
  readonly database: ThrowawayDatabase;
  /** The gateway as this tenant uses it. */
  as(tenant: string): Promise<Api>;
  /** Plays the world to its end. */
  play(): Promise<Report>;
  /** What was logged so far, line by line. */
  log(): string;
};

const silent: Progress = { stage: () => {}, now: () => {}, end: () => {} };
const worldsFolder = path.resolve(import.meta.dirname, '../../worlds');

/** One of the worlds that are kept in the repository. */
export const readWorld = (name: string): World =>
  parseWorld(readFileSync(path.join(worldsFolder, `${name}.json`), 'utf8'), `${name}.json`);

/** Makes a world from the value that its file would hold. */
export const makeWorld = (name: string, content: object): World => parseWorld(JSON.stringify(content), `${name}.json`);

/** The same code that a person starts; only the servers are others. */
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
    return {
      world,
      home,
      running,
      tokens,
      player,
      database,
      as: (tenant) => connectApi(gateway, tokens.tenants[tenant] ?? ''),
      play: async () => {
        await player.play(silent, new AbortController().signal);
        return readReport({ api: player.api, world, gateway, tokens });
      },
      log: () => readFileSync(home.at('arcadia.log'), 'utf8'),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
};
