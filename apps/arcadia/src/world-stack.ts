import type { ServiceName } from '@arcadia/contracts';
import { type Simulator, startSimulator, type World } from '@arcadia/digitalocean-simulator';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { type Api, connectApi } from '@arcadia/gateway-client';
import { type Mailbox, startMailbox } from '@arcadia/mailbox-stand-in';
import { connectBus, createLog, type PlayedClock, playedClock, requestSignerOf } from '@arcadia/platform';
import { clockAfter, type Home } from './home.ts';
import { actorVariables, type StartInfrastructure } from './infrastructure.ts';
import { type Jobs, jobsOn } from './play/jobs.ts';
import { play } from './play/play.ts';
import { ports } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Report } from './report.ts';
import { type Stack, startStack } from './stack.ts';
import { issueToken } from './tokens.ts';

export type WorldStackOptions = {
  world: World;
  home: Home;
  /** The port of the gateway; 0 for any free port. */
  port: number;
  /** The port of the test mailbox's pages; by default any free port. */
  mailboxPort?: number;
  only: readonly ServiceName[] | null;
  progress: Progress;
  infrastructure?: StartInfrastructure;
  /** Additional environment variables of the services. */
  env?: Readonly<Record<string, string>>;
};

export type WorldStack = {
  readonly stack: Stack;
  readonly simulator: Simulator;
  /** Receives all mails and the operator's webhooks. */
  readonly mailbox: Mailbox;
  readonly gateway: string;
  readonly clock: PlayedClock;
  /** The clock of the simulated provider. */
  readonly providerClock: PlayedClock;
  stop(): Promise<void>;
};

/** Starts everything that a world needs: the simulated provider, the finance system and the stack, with clocks at the stored time. */
export const startWorldStack = async (options: WorldStackOptions): Promise<WorldStack> => {
  const { world, home } = options;
  const { played } = home.state;
  const at = played === null ? Temporal.Instant.from(world.begins_at) : clockAfter(played);
  const [clock, providerClock] = [playedClock(at), playedClock(at)];
  const port = options.port === 0 ? await ports.free() : options.port;
  const simulator = await startSimulator({
    world,
    clock: providerClock.now,
    stateFile: home.at('simulator.json'),
  });
  const finance = await startFinanceStandIn({ port: 0, secret: home.state.secrets.finance });
  const mailbox = await startMailbox({ port: options.mailboxPort ?? 0, folder: home.at('mailbox') });
  const stopExternal = async (): Promise<void> => {
    await Promise.all([simulator.stop(), finance.stop(), mailbox.stop()]);
  };
  try {
    const stack = await startStack({
      ...options,
      clock,
      scheduler: options.only !== null,
      env: {
        ...process.env,
        ARCADIA_WRITE: '1',
        DIGITALOCEAN_API_URL: simulator.url,
        DIGITALOCEAN_TOKEN: world.provider.token ?? 'simulator',
        SPACES_ENDPOINT: simulator.spacesUrl,
        SPACES_KEY: 'simulator',
        SPACES_SECRET: 'simulator',
        SPACES_REGIONS: [...new Set(world.provider.buckets.map(({ region }) => region))].join(',') || 'syd1',
        FINANCE_URL: finance.url,
        FINANCE_SECRET: home.state.secrets.finance,
        JWT_SECRET: home.state.secrets.jwt,
        WEBHOOK_LOOPBACK: 'on',
        SMTP_URL: mailbox.smtpUrl,
        MAIL_FROM: 'Arcadia Cloud <billing@arcadia.example>',
        MAIL_OPERATOR_RECIPIENTS: 'operator@arcadia.example',
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        ...options.env,
      },
    });
    const stop = async (): Promise<void> => {
      await stack.stop();
      await stopExternal();
    };
    return { stack, simulator, mailbox, gateway: `http://127.0.0.1:${port}`, clock, providerClock, stop };
  } catch (error) {
    await stopExternal();
    throw error;
  }
};

/** Issues a token for the operator and one for each tenant of a world. */
export const issueTokens = async (home: Home, world: World): Promise<Report['tokens']> => {
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

export type Player = {
  readonly api: Api;
  readonly jobs: Jobs;
  /** Plays to the end of the world; false when it was interrupted before. */
  play(progress: Progress, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
};

/** Creates the player of a world: it sends requests to the gateway as the operator, triggers jobs and sets the clock. */
export const createPlayer = async (
  { stack, gateway, clock, providerClock }: WorldStack,
  { home, world, token }: { home: Home; world: World; token: string },
): Promise<Player> => {
  const api = await connectApi(gateway, token);
  const bus = await connectBus(
    { servers: [stack.nats.url], user: stack.nats.user, pass: stack.nats.password },
    {
      name: 'player',
      log: createLog({ name: 'player', destination: home.at('arcadia.log') }),
      signer: requestSignerOf('operator', {
        NATS_URL: stack.nats.url,
        ...actorVariables(home.state.secrets, 'operator'),
      }),
    },
  );
  const jobs = jobsOn(bus);
  const { services } = stack;
  return {
    api,
    jobs,
    play: (progress, signal) => play({ home, world, api, jobs, services, clock, providerClock, progress, signal }),
    close: () => bus.close(),
  };
};
