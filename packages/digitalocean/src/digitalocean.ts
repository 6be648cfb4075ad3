import { setTimeout as wait } from 'node:timers/promises';
import { type Action, accountCalls } from './account.ts';
import { billingCalls } from './billing.ts';
import { createTokenBudget, type TokenBudget } from './budget.ts';
import { dropletCalls } from './droplets.ts';
import { ProviderError } from './errors.ts';
import type { ListingSpec } from './listing.ts';
import { type ListingCalls, listingOf } from './listing-of.ts';
import { managedCalls } from './managed.ts';
import { networkCalls } from './network.ts';
import { projectCalls } from './projects.ts';
import { storageCalls } from './storage.ts';
import { type AttemptLog, createTransport, type Transport, type TransportOptions, withSignal } from './transport.ts';

export interface DigitalOceanOptions extends Partial<Omit<TransportOptions, 'token' | 'write'>> {
  readonly token: TransportOptions['token'];
  /** False: every request except GET is refused before it is sent. */
  readonly write: boolean;
  readonly budget?: TokenBudget;
  readonly log?: (entry: AttemptLog) => void;
}

export interface WaitForAction {
  /** Pause between two requests. Default 5000. */
  readonly everyMs?: number;
  /** Default ten minutes. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The provider's API as typed calls. Money and sizes are decimal text; unknown fields and enum values are accepted. */
export type DigitalOcean = ReturnType<typeof callsOf> & {
  /** The same client; every request also ends when the signal aborts, also while it waits for the budget or for a retry. */
  within(signal: AbortSignal): DigitalOcean;
};

/** Creates a client for one token. All clients of one token must share a budget. */
export function createDigitalOcean(options: DigitalOceanOptions): DigitalOcean {
  const now = options.now ?? (() => Temporal.Now.instant());
  const transport = createTransport({
    baseUrl: 'https://api.digitalocean.com',
    fetch,
    log: () => undefined,
    timeoutMs: 30_000,
    retries: 4,
    backoffMs: 500,
    longestWaitMs: 60_000,
    concurrency: 4,
    budget: createTokenBudget({ now }),
    ...options,
    now,
  });
  return clientOn(transport);
}

function clientOn(transport: Transport): DigitalOcean {
  return { ...callsOf(transport), within: (signal) => clientOn(withSignal(transport, signal)) };
}

function callsOf(transport: Transport) {
  const account = accountCalls(transport);
  return {
    ...account,
    projects: projectCalls(transport),
    droplets: dropletCalls(transport),
    ...storageCalls(transport),
    ...networkCalls(transport),
    ...managedCalls(transport),
    billing: billingCalls(transport),
    /** Any other listing of the provider, from its description. */
    listing: <T>(spec: ListingSpec<T>): ListingCalls<T> => listingOf(transport, spec),
    /** Polls an action until it is completed or errored, or the deadline passes; up to three failed requests in a row are tolerated. */
    waitForAction: (id: number, how: WaitForAction = {}): Promise<Action> =>
      waitForAction(account.actions.get, id, how),
  };
}

async function waitForAction(
  get: (id: number, signal?: AbortSignal) => Promise<Action>,
  id: number,
  { everyMs = 5000, deadlineMs = 600_000, signal }: WaitForAction,
): Promise<Action> {
  const ends = performance.now() + deadlineMs;
  for (let failed = 0; ; ) {
    try {
      const action = await get(id, signal);
      if (action.status !== 'in-progress' || performance.now() >= ends) return action;
      failed = 0;
    } catch (error) {
      failed += 1;
      if (!(error instanceof ProviderError) || !error.retryable || failed > 3) throw error;
    }
    await wait(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}
