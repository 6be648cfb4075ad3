import {
  type Actor,
  type gateway,
  isRefusal,
  type RequestOutput,
  refuse,
  republishRequest,
  requeueJobRequest,
  type ServiceName,
  services,
  streamOwners,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor, type StoredDeadLetter } from '@arcadia/platform';
import { z } from 'zod';
import type { CommandContext, Context } from '../context.ts';
import type { Tables } from '../store/schema.ts';

type View = RequestOutput<typeof gateway.getDeadLetter>;

export async function listDeadLetters({ input }: ReadRequest<typeof gateway.listDeadLetters>, ctx: Context) {
  const after = readCursor(input.cursor, [/^\d{1,15}$/]);
  if (isRefusal(after)) return after;
  const { service, limit } = input;
  const letters = await ctx.deadLetters.list({ service, after: Number(after?.[0] ?? 0), limit: limit + 1 });
  // Without the messages themselves: a single large one would make the whole page too large to be sent.
  const rowOf = (letter: StoredDeadLetter) => ({ ...viewOf(letter), payload: undefined });
  const page = cutPage(letters, { limit, keyOf: ({ number }) => [number], itemOf: rowOf });
  return input.total ? { ...page, total: await ctx.deadLetters.count(service) } : page;
}

export async function getDeadLetter({ input }: ReadRequest<typeof gateway.getDeadLetter>, ctx: Context) {
  const letter = await ctx.deadLetters.show(input.number);
  return letter === null ? noLetter(input.number) : viewOf(letter);
}

const noLetter = (number: number) =>
  refuse('not-found', `There is no dead letter ${number}: it was requeued or dismissed.`);

/** The message is on its way before the letter is removed: what happens twice is processed twice, which changes nothing. */
export async function requeueLetter({ input, actor }: ReadRequest<typeof gateway.requeueDeadLetter>, ctx: Context) {
  const letter = await ctx.deadLetters.show(input.number);
  if (letter === null) return noLetter(input.number);
  const gone =
    letter.origin.stream === 'JOBS' ? await requeueJob(ctx, letter, actor) : await republish(ctx, letter, actor);
  return gone ?? letter;
}

export async function dismissLetter({ input }: ReadRequest<typeof gateway.dismissDeadLetter>, ctx: Context) {
  return (await ctx.deadLetters.show(input.number)) ?? noLetter(input.number);
}

/** Removes a letter that is on its way again, or needs no handling. */
export async function removeLetter(
  { input, resolved }: CommandRequest<typeof gateway.dismissDeadLetter, Tables> & { resolved: StoredDeadLetter },
  ctx: CommandContext,
) {
  await ctx.deadLetters.dismiss(input.number);
  return viewOf(resolved);
}

const jobMessage = z.object({ name: z.string(), key: z.string().nullable(), cause: z.string() });

/** A job that is no longer parked was requeued before; its letter is only in the way. */
async function requeueJob(ctx: Context, letter: StoredDeadLetter, actor: Actor): Promise<null> {
  const { name, key, cause } = jobMessage.parse(JSON.parse(letter.origin.payload ?? 'null'));
  const asked = requeueJobRequest(serviceOf(letter));
  await ctx.request(asked, { job: name, key: key ?? '', cause }, { actor });
  return null;
}

async function republish(ctx: Context, letter: StoredDeadLetter, actor: Actor) {
  const { stream, seq, headers } = letter.origin;
  const owner = Object.entries(streamOwners).find(([name]) => name === stream)?.[1];
  if (owner === undefined) return refuse('message-gone', `No service publishes to ${stream}; dismiss the dead letter.`);
  const published = await ctx.request(
    republishRequest(owner),
    {
      stream,
      seq,
      message_id: headers['Nats-Msg-Id'] ?? '',
      for: `${letter.service}/${letter.consumer}`,
      letter: letter.number,
    },
    { actor },
  );
  return isRefusal(published) ? refuse('message-gone', published.detail) : null;
}

const serviceOf = ({ service }: StoredDeadLetter): ServiceName => {
  const known = (Object.keys(services) as ServiceName[]).find((name) => name === service);
  if (known === undefined) throw new Error(`a dead letter is of ${service}, which is no service`);
  return known;
};

const viewOf = (letter: StoredDeadLetter): View => {
  const { number, consumer, fault, detail, attempts, parked_at, origin } = letter;
  return {
    number,
    service: serviceOf(letter),
    consumer,
    fault,
    detail,
    attempts,
    parked_at,
    stream: origin.stream,
    subject: origin.subject,
    sequence: origin.seq,
    payload: origin.payload,
  };
};
