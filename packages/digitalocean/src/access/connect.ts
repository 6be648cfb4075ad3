import type { Clock, Logger } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import { createDigitalOcean, type DigitalOcean } from '../digitalocean.ts';
import { type AccessConfig, tokenVariables } from './config.ts';
import { processLedger } from './process-ledger.ts';
import { sharedBudget, type TokenUse } from './shared-budget.ts';
import { hashOfToken, tokenLedger } from './token-ledger.ts';

/** A request needs the provider, but no variable names a token. The message names the variables. */
export class NoProviderToken extends Error {
  override readonly name = 'NoProviderToken';

  constructor({ purpose }: Pick<AccessConfig, 'purpose'>) {
    super(
      `There is no token for the provider: set ${tokenVariables(purpose).slice(0, 2).join(' or ')} (each also as …_FILE).`,
    );
  }
}

type Reporting = { health: { report(fact: string, state: { ok: boolean; detail?: string }): void }; log: Logger };

const reported = new WeakSet<AccessConfig>();

/**
 * Whether a token is configured. Without one a service starts all the same; its health and, once, its log name the variables, and
 * its jobs that need the provider do nothing.
 */
export function hasToken(access: AccessConfig, { health, log }: Reporting): boolean {
  if (access.token !== null) return true;
  const detail = new NoProviderToken(access).message;
  health.report(`token ${access.purpose}`, { ok: false, detail });
  if (!reported.has(access)) log.warn({ purpose: access.purpose }, detail);
  reported.add(access);
  return false;
}

/** The parts of a service's context that a connection uses; `db` holds the service's table `token_budgets`. */
export type AccessContext<DB> = {
  db: Kysely<DB>;
  clock: Clock;
  log: Logger;
  health?: { report(fact: string, state: { ok: boolean; detail?: string }): void };
};

export type ConnectionOptions = {
  /** Milliseconds that a request waits for the provider's limits; a longer wait is a failure of the request, for the present. Default: an hour. */
  longestWaitMs?: number;
  /** The requests may wait until the others leave most of the budget unused. */
  isBackground?: boolean;
  /** Stores how many requests of the hour are left. */
  onUse?: (use: TokenUse & { tokenHash: string }) => Promise<void>;
};

type Connections = { foreground?: DigitalOcean; background?: DigitalOcean };
const connections = new WeakMap<AccessConfig, Connections>();

/**
 * The provider's API with the token, the write switch and the request budget of one config. Repeated calls with the same config
 * object return the same client, because its queue bounds the requests in flight; background requests have a queue of their own.
 * Without a token, every request fails with NoProviderToken.
 */
export function connectProvider<DB>(
  config: AccessConfig,
  ctx: AccessContext<DB>,
  { isBackground = false, longestWaitMs, onUse }: ConnectionOptions = {},
): DigitalOcean {
  const known = connections.get(config) ?? {};
  connections.set(config, known);
  const name = isBackground ? 'background' : 'foreground';
  const { db, clock, log } = ctx;
  const { baseUrl, canWrite, timeoutMs, backoffMs } = config;
  const token = () => {
    if (config.token === null) throw new NoProviderToken(config);
    return config.token();
  };
  const ledger = processLedger(tokenLedger(db, token), () => ({ baseUrl, token: token() }));
  known[name] ??= createDigitalOcean({
    token,
    baseUrl,
    write: canWrite,
    timeoutMs,
    backoffMs,
    ...(longestWaitMs === undefined ? {} : { longestWaitMs }),
    budget: sharedBudget({
      ledger,
      clock,
      isBackground,
      ...(longestWaitMs === undefined ? {} : { longestWaitMs }),
      ...(isBackground ? {} : { onWait: reportWait(config, ctx) }),
      ...(onUse === undefined ? {} : { onUse: (use) => onUse({ ...use, tokenHash: hashOfToken(token()) }) }),
    }),
    now: () => clock.now(),
    log: (attempt) => log.debug({ ...attempt, purpose: config.purpose }, 'requested from the provider'),
  });
  return known[name];
}

/** Shows a long wait for the provider's limits in the health of the service and in its log. */
const reportWait = <DB>({ purpose }: AccessConfig, { log, health }: AccessContext<DB>) => {
  const fact = `provider requests of ${purpose}`;
  let logged = Number.NEGATIVE_INFINITY;
  return (until: Temporal.Instant | null): void => {
    if (until === null) {
      health?.report(fact, { ok: true });
      return;
    }
    const detail = `waiting until ${until.toString({ smallestUnit: 'second' })}, because the provider limits the requests of a token`;
    health?.report(fact, { ok: true, detail });
    // Several requests may wait for the same instant.
    if (Math.abs(until.epochMilliseconds - logged) < 60_000) return;
    logged = until.epochMilliseconds;
    log.info({ purpose, until: until.toString() }, `requests to the provider are ${detail}`);
  };
};
