import {
  type Actor,
  type gateway,
  isRefusal,
  jobListRequest,
  type RequestContract,
  type RequestOutput,
  type ServiceName,
  serviceStateRequest,
  services,
} from '@arcadia/contracts';
import { type ReadRequest, ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import type { z } from 'zod';
import type { Context } from '../context.ts';

const names = Object.keys(services) as ServiceName[];

/** How long one service may take to answer before the others are shown without it, in milliseconds. */
const deadlineMs = 4_000;

type Found<Answer> = { service: ServiceName; answer: Answer } | { service: ServiceName; fault: string };

/** Asks each of the services; one that does not answer, or fails, does not hide the others. */
const ofEach = async <Answer>(
  asked: readonly ServiceName[],
  ask: (service: ServiceName) => Promise<Answer>,
): Promise<Found<Answer>[]> =>
  Promise.all(
    asked.map(async (service): Promise<Found<Answer>> => {
      try {
        return { service, answer: await ask(service) };
      } catch (error) {
        if (error instanceof ServiceUnavailable || error instanceof ServiceFailed)
          return { service, fault: `${service} does not answer at the moment.` };
        throw error;
      }
    }),
  );

const unavailableIn = (found: readonly Found<unknown>[]): ServiceName[] =>
  found.flatMap((each) => ('fault' in each ? [each.service] : []));

/** The answer to a read about a service, which no service refuses. */
const read = async <Contract extends RequestContract>(
  ctx: Context,
  contract: Contract,
  { input, actor }: { input: z.input<Contract['input']>; actor: Actor },
): Promise<RequestOutput<Contract>> => {
  const answer = await ctx.request(contract, input, { actor, deadlineMs });
  if (isRefusal(answer)) throw new ServiceFailed(contract.service, contract.name, String(answer.detail));
  return answer as RequestOutput<Contract>;
};

export async function getSystem({ actor }: ReadRequest<typeof gateway.getSystem>, ctx: Context) {
  const found = await ofEach(names, (service) => read(ctx, serviceStateRequest(service), { input: {}, actor }));
  return {
    services: found.map((each) =>
      'answer' in each
        ? each.answer
        : { service: each.service, status: 'unavailable' as const, detail: each.fault, facts: [], dead_letters: null },
    ),
  };
}

const order = ['running', 'waiting', 'dead', 'done'];

export async function listJobs({ input, actor }: ReadRequest<typeof gateway.listJobs>, ctx: Context) {
  const { service: only, ...filter } = input;
  const asked = only === undefined ? names : [only];
  const found = await ofEach(asked, (service) => read(ctx, jobListRequest(service), { input: filter, actor }));
  const items = found.flatMap((each) => ('answer' in each ? each.answer.items : []));
  return {
    items: items.toSorted(
      (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.created_at < b.created_at ? 1 : -1),
    ),
    unavailable: unavailableIn(found),
  };
}
