import path from 'node:path';
import type { ServiceName } from '@arcadia/contracts';
import { startSimulator, type World } from '@arcadia/digitalocean-simulator';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { connectBus, createLog, type PlayedClock, playedClock } from '@arcadia/platform';
import { connectApi } from './api.ts';
import { type Home, openHome } from './home.ts';
import { jobsOn } from './play/jobs.ts';
import { play } from './play/play.ts';
import { ports } from './ports.ts';
import { printReport } from './print.ts';
import type { Progress } from './progress.ts';
import { type Report, readReport } from './report.ts';
import { type Stack, startStack } from './stack.ts';
import { homesFolder } from './start.ts';
import { issueToken } from './tokens.ts';

export type RunWorldOptions = {
  world: World;
  hash: string;
  exit: boolean;
  json: boolean;
  fresh: boolean;
  port: number;
  only: readonly ServiceName[] | null;
  progress: Progress;
  signal: AbortSignal;
};

/** How often the running clock is noted, so that a crash loses little of it, in milliseconds. */
const noteEveryMs = 5_000;

/** Brings a world up, plays it to its end, prints what came out, and stays up unless told to exit. */
export const runWorld = async (options: RunWorldOptions): Promise<void> => {
  const { world, hash, progress, signal } = options;
  await ports.mustBeFree(options.port);
  const home = openHome(path.join(homesFolder, `world-${hash.slice(0, 16)}`), { fresh: options.fresh });
  const at = Temporal.Instant.from(home.state.played?.at ?? world.begins_at);
  const clock = playedClock(at);
  const providerClock = playedClock(at);
  const running = await bringUp(options, home, clock, providerClock);
  try {
    if (options.only !== null) {
      progress.stage(`Running ${options.only.join(', ')} only; nothing is played.`);
      await stayUp(home, clock, providerClock, running.stack, options);
      return;
    }
    const gateway = `http://127.0.0.1:${running.gatewayPort}`;
    const tokens = await issueTokens(home, world);
    const api = await connectApi(gateway, tokens.operator);
    const bus = await connectBus(
      { servers: [running.stack.nats.url], user: running.stack.nats.user, pass: running.stack.nats.password },
      { name: 'player', log: createLog({ name: 'player', destination: home.at('arcadia.log') }) },
    );
    try {
      const jobs = jobsOn(bus);
      const isDone = await play({
        home,
        world,
        api,
        jobs,
        services: running.stack.services,
        clock,
        providerClock,
        progress,
        signal,
      });
      if (!isDone) return;
    } finally {
      await bus.close();
    }
    progress.stage(`${world.name}: ${world.period} is played`);
    print(await readReport({ api, world, gateway, tokens }), options.json);
    if (!options.exit) await stayUp(home, clock, providerClock, running.stack, options);
  } finally {
    if (clock.isRunning()) noteClock(home, clock);
    await running.stop();
    home.close();
    progress.stage('Stopped.');
  }
};

/** The provider and the finance system beside our own stack; what came up is stopped when the rest does not. */
const bringUp = async (options: RunWorldOptions, home: Home, clock: PlayedClock, providerClock: PlayedClock) => {
  const gatewayPort = options.port === 0 ? await ports.free() : options.port;
  const simulator = await startSimulator({
    world: options.world,
    clock: providerClock.now,
    stateFile: home.at('simulator.json'),
  });
  const finance = await startFinanceStandIn({ port: 0, secret: home.state.secrets.finance });
  const stopOutside = async (): Promise<void> => {
    await Promise.all([simulator.stop(), finance.stop()]);
  };
  try {
    const stack = await startStack({
      home,
      clock,
      only: options.only,
      scheduler: options.only !== null,
      progress: options.progress,
      env: {
        ...process.env,
        ARCADIA_WRITE: '1',
        DIGITALOCEAN_API_URL: simulator.url,
        DIGITALOCEAN_TOKEN: options.world.provider.token ?? 'simulator',
        SPACES_ENDPOINT: simulator.spacesUrl,
        SPACES_KEY: 'simulator',
        SPACES_SECRET: 'simulator',
        SPACES_REGIONS: [...new Set(options.world.provider.buckets.map(({ region }) => region))].join(',') || 'syd1',
        FINANCE_URL: finance.url,
        FINANCE_SECRET: home.state.secrets.finance,
        JWT_SECRET: home.state.secrets.jwt,
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_PORT: String(gatewayPort),
      },
    });
    const stop = async (): Promise<void> => {
      await stack.stop();
      await stopOutside();
    };
    return { stack, gatewayPort, stop };
  } catch (error) {
    await stopOutside();
    throw error;
  }
};

const issueTokens = async (home: Home, world: World): Promise<Report['tokens']> => {
  const secret = home.state.secrets.jwt;
  const tenants = world.platform.tenants.map(
    async ({ id }): Promise<[string, string]> => [
      id,
      await issueToken(secret, { subject: `${id}-user`, tenantId: id, role: 'tenant' }),
    ],
  );
  return {
    operator: await issueToken(secret, { subject: 'operator', tenantId: null, role: 'platform_admin' }),
    tenants: Object.fromEntries(await Promise.all(tenants)),
  };
};

const print = (report: Report, isJson: boolean): void => {
  process.stdout.write(isJson ? `${JSON.stringify(report, null, 2)}\n` : printReport(report));
};

/** The clock goes on from where it was played to, and the jobs by themselves, until somebody stops us. */
const stayUp = async (
  home: Home,
  clock: PlayedClock,
  providerClock: PlayedClock,
  stack: Stack,
  options: RunWorldOptions,
): Promise<void> => {
  clock.run();
  providerClock.run();
  for (const service of stack.services) service.startScheduler();
  const timer = setInterval(() => noteClock(home, clock), noteEveryMs);
  options.progress.stage(
    `Up; the clock shows ${clock.now().toString().slice(0, 19)}Z and goes on. Ctrl-C stops everything.`,
  );
  await new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    else options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(timer);
};

const noteClock = (home: Home, clock: PlayedClock): void => {
  const { played } = home.state;
  if (played !== null) home.save({ ...played, at: clock.now().toString() });
};
