import {
  type Actor,
  decodeCursor,
  gateway,
  instantText,
  isRefusal,
  jobListRequest,
  type RequestContract,
  type RequestOutput,
  type ServiceName,
  serviceStateRequest,
  services,
} from '@arcadia/contracts';
import {
  countedAtMost,
  cutPage,
  invalidCursor,
  type ReadRequest,
  ServiceFailed,
  ServiceUnavailable,
} from '@arcadia/platform';
import { z } from 'zod';
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

type Run = RequestOutput<typeof gateway.listJobs>['items'][number];

const states = ['running', 'waiting', 'dead', 'done'] as const;

/** Runs of several services in one order; those of one service keep theirs. */
const inOrder = (a: Run, b: Run): number =>
  states.indexOf(a.state) - states.indexOf(b.state) ||
  Temporal.Instant.compare(b.created_at, a.created_at) ||
  names.indexOf(a.service) - names.indexOf(b.service);

const text = z.string().refine((part) => !part.includes('\0'));

/** State, instant, service, job, key and cause of the last run of a page. */
const lastRun = z.tuple([z.enum(states), instantText, gateway.serviceName, text, text, text]);

/** A page of the runs of all services: each gives as many as the page has, from the last run of the page before. */
export async function listJobs({ input, actor }: ReadRequest<typeof gateway.listJobs>, ctx: Context) {
  const { service: only, cursor, limit, total, ...filter } = input;
  const last = lastRun.nullable().safeParse(cursor === undefined ? null : decodeCursor(cursor, 6));
  if (!last.success || (cursor !== undefined && last.data === null)) return invalidCursor();
  const asked = only === undefined ? names : [only];
  const found = await ofEach(asked, (service) =>
    read(ctx, jobListRequest(service), {
      input: { ...filter, limit: limit + 1, total, after: last.data === null ? null : behind(service, last.data) },
      actor,
    }),
  );
  const answers = found.flatMap((each) => ('answer' in each ? [each.answer] : []));
  const page = cutPage(answers.flatMap(({ items }) => items).toSorted(inOrder), {
    limit,
    keyOf: ({ state, created_at, service, job, key, cause }) => [state, created_at, service, job, key, cause],
    itemOf: (run) => run,
  });
  const counted = answers.reduce<number | null>((sum, each) => sumOf(sum, each.total), 0);
  const isWhole = cursor === undefined && page.next_cursor === null;
  return { ...page, total: isWhole ? page.items.length : total ? counted : null, unavailable: unavailableIn(found) };
}

const sumOf = (a: number | null, b: number | null): number | null =>
  a === null || b === null || a + b > countedAtMost ? null : a + b;

/** What a service has shown up to a run: of that instant everything, nothing, or its own up to the run, by the order of the services. */
const behind = (service: ServiceName, [state, created_at, of, job, key, cause]: z.infer<typeof lastRun>) => {
  const place = names.indexOf(service) - names.indexOf(of);
  const run: [string, string, string] | null = place < 0 ? null : place > 0 ? ['', '', ''] : [job, key, cause];
  return { state, created_at, run };
};
