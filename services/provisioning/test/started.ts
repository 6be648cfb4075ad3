import { type Actor, isRefusal, type Refusal, type RequestContract, type RequestOutput } from '@arcadia/contracts';
import type { Env } from '@arcadia/platform';
import {
  askService,
  type FakeClock,
  fakeClock,
  startTestService,
  type TestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import type { z } from 'zod';
import type { Config } from '../src/config.ts';
import { service } from '../src/index.ts';
import type { Schema } from '../src/store/schema.ts';

export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const tenant = (id: string): Actor => ({ subject: `someone@${id}`, tenant_id: id, roles: ['tenant'] });

export type Started = AsyncDisposable & {
  database: Awaited<ReturnType<typeof throwawayDatabase>>;
  nats: Awaited<ReturnType<typeof throwawayNats>>;
  clock: FakeClock;
  running: TestService<Schema, Config>;
  /** Asks, and takes a refusal for an answer. */
  ask<C extends RequestContract>(
    contract: C,
    input: z.input<C['input']>,
    actor?: Actor,
  ): Promise<RequestOutput<C> | Refusal>;
  /** Asks, and takes nothing but what was asked for. */
  get<C extends RequestContract>(contract: C, input: z.input<C['input']>, actor?: Actor): Promise<RequestOutput<C>>;
};

/** Provisioning on servers of its own, its clock standing at the beginning of April. */
export async function startProvisioning(env: Env = {}, clock = fakeClock('2026-04-01T00:00:00Z')): Promise<Started> {
  const database = await throwawayDatabase({ service: 'provisioning' });
  const nats = await throwawayNats();
  const running = await startTestService(service, { database, nats, clock, env });
  const ask: Started['ask'] = (contract, input, actor = operator) => askService(nats, contract, input, { actor });
  return {
    database,
    nats,
    clock,
    running,
    ask,
    async get(contract, input, actor) {
      const answer = await ask(contract, input, actor);
      if (isRefusal(answer)) throw new Error(`${contract.name} was refused: ${answer.detail}`);
      return answer as never;
    },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
