import type { Clock, Logger } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import { createDigitalOcean, type DigitalOcean } from '../digitalocean.ts';
import { type AccessConfig, tokenVariables } from './config.ts';
import { sharedBudget } from './shared-budget.ts';
import { tokenLedger } from './token-ledger.ts';

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
export type AccessContext<DB> = { db: Kysely<DB>; clock: Clock; log: Logger };

const connections = new WeakMap<AccessConfig, DigitalOcean>();

/**
 * The provider's API with the token, the write switch and the request budget of one config. Repeated calls with the same config
 * object return the same client, because its queue bounds the requests in flight. Without a token, every request fails
 * with NoProviderToken.
 */
export function connectProvider<DB>(config: AccessConfig, { db, clock, log }: AccessContext<DB>): DigitalOcean {
  const known = connections.get(config);
  if (known !== undefined) return known;
  const { baseUrl, canWrite, timeoutMs, backoffMs } = config;
  const token = () => {
    if (config.token === null) throw new NoProviderToken(config);
    return config.token();
  };
  const api = createDigitalOcean({
    token,
    baseUrl,
    write: canWrite,
    timeoutMs,
    backoffMs,
    budget: sharedBudget({ ledger: tokenLedger(db, token), clock }),
    now: () => clock.now(),
    log: (attempt) => log.debug({ ...attempt, purpose: config.purpose }, 'requested from the provider'),
  });
  connections.set(config, api);
  return api;
}
