import {
  type gateway,
  jobListRequest,
  type RequestOutput,
  rebuildRequest,
  refuse,
  republishLogRequest,
  republishRequest,
  type ServiceName,
  serviceStateRequest,
} from '@arcadia/contracts';
import { MessageGone, republishFrom } from '../consumers/dead-letters.ts';
import { countRuns, listRuns } from '../jobs/job-runs.ts';
import { forService } from '../kernel/declare.ts';
import type { Answer, HealthFact, ServiceDefinition } from '../kernel/definition.ts';
import { countedAtMost } from '../requests/count-rows.ts';
import { requestRebuild } from '../restore/rebuild.ts';
import type { Runtime } from '../runtime.ts';
import type { ServiceHealth } from './health.ts';
import { remedyOf } from './remedies.ts';
import { heldBy, ownStreams, republishLog } from './republish-log.ts';

type State = RequestOutput<typeof gateway.getSystem>['services'][number];

/** The requests with which people see and operate this service, which every service with a database answers. */
export function operatingAnswers<DB, Config>(
  runtime: Runtime<DB, Config>,
  health: () => Promise<ServiceHealth>,
  projections: ServiceDefinition<DB, Config>['projections'] = {},
): Answer<DB, Config>[] {
  const { answer } = forService<DB, Config>();
  const { bus, name, db } = runtime;
  return [
    answer(serviceStateRequest(name), async () => stateOf(name, await health())),
    answer(jobListRequest(name), async ({ input: { status: state, job, after, limit, total } }) => ({
      items: (await listRuns(db, { state, job, after, limit })).map((run) => ({ ...run, service: name })),
      total: total ? await countRuns(db, { state, job }, countedAtMost) : null,
    })),
    answer(republishRequest(name), {
      // Outside the transaction: what happens twice is a duplicate on the stream.
      resolve: async ({ input: { for: consumer, letter, ...at } }) => {
        try {
          await republishFrom(bus, at, { consumer, letter });
        } catch (error) {
          if (error instanceof MessageGone) return refuse('message-gone', error.message);
          throw error;
        }
        return at.seq;
      },
      handle: ({ resolved }) => Promise.resolve({ seq: resolved }),
    }),
    answer(rebuildRequest(name), async ({ tx }) => {
      const tables = Object.values(projections).flat();
      if (tables.length === 0) {
        const detail = `${name} has no table that consumers alone write and by which it publishes nothing.`;
        return refuse('nothing-to-rebuild', detail);
      }
      await requestRebuild(tx.sql);
      return { tables };
    }),
    answer(republishLogRequest(name), {
      resolve: () => Promise.all(ownStreams(name).map((own) => heldBy(runtime, own))),
      handle: async ({ input: { force }, resolved, tx }) => ({
        streams: await republishLog(tx.sql, resolved, { isForced: force }),
      }),
    }),
  ];
}

function stateOf(service: ServiceName, { ok, facts }: ServiceHealth): State {
  const wrong = Object.entries(facts).filter(([, fact]) => !fact.ok);
  const parked = [counts(facts['jobs'], 'dead'), counts(facts['dead letters'], 'parked')];
  return {
    service,
    status: ok ? 'ready' : 'not-ready',
    detail: wrong.length === 0 ? null : wrong.map(([name, { detail }]) => `${name}: ${detail ?? 'not ok'}`).join('; '),
    facts: Object.entries(facts).map(([name, fact]) => ({
      name,
      ok: fact.ok,
      needs_attention: !fact.ok || fact.warning !== undefined,
      detail: fact.warning ?? fact.detail ?? null,
      remedy: !fact.ok || fact.warning !== undefined ? remedyOf(name) : null,
      lag: numberIn(fact, 'lag'),
      waiting: numberIn(fact, 'waiting'),
      oldest_seconds: numberIn(fact, 'oldest_seconds') ?? numberIn(fact, 'oldest_waiting_seconds'),
    })),
    dead_letters: parked.reduce((sum, each) => sum + each, 0),
  };
}

const numberIn = (fact: HealthFact, field: string): number | null => {
  const value = fact[field];
  return typeof value === 'number' ? Math.max(0, Math.round(value)) : null;
};

const counts = (fact: HealthFact | undefined, field: string): number => {
  const given = fact?.[field];
  return typeof given === 'object' && given !== null
    ? Object.values(given).reduce((sum: number, each) => sum + Number(each), 0)
    : 0;
};
