import { isRefusal, provisioning, type RequestOutput } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { type Forward, lineOf, type PassingRequest } from './line.ts';
import type { Line, ProviderStage } from './stage.ts';
import type { Subject, WriteStory } from './write-stories.ts';

type Waiting = RequestOutput<typeof provisioning.getSaga>['waiting'];

export type Refusal = { status: number; id: string; message: string };

/** One performance of a story, in which the provider refuses some writes first. */
export type Cell = {
  title: string;
  story: WriteStory;
  subject: Subject;
  /** The refusals of a write, before it is carried out. */
  refusals: (write: Write) => readonly Refusal[];
  /** Every write that reached the provider, in order, with its refusals counted. */
  writes: Map<string, Write & { received: number }>;
  /** What the saga showed of each wait, when its step ran again: the refusal, and what the API showed. */
  waits: { refusal: Refusal; waiting: Waiting }[];
  /** The refusal after which the step has not run again yet. */
  refusedWith: Refusal | null;
  sagaId: string | null;
  isRetried: boolean;
  isSpoilt: boolean;
};

/** A write at the provider, and the step that sent it. Equal ones of one step and direction are one. */
export type Write = { step: string; direction: 'forward' | 'backward'; request: string };

export const keyOf = ({ step, direction, request }: Write): string => `${step} ${direction}: ${request}`;

/** A request without the ids of one story: `POST /v2/droplets/ID/actions resize`. */
function formOf({ method, path, body }: PassingRequest): string {
  const type = /"type":"(\w+)"/.exec(body)?.[1];
  const general = path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\/\d+/g, '/ID')
    .replace(/%3A/g, ':');
  return [method, general, ...(type === undefined ? [] : [type])].join(' ');
}

const longestMs = 300_000;

/** Waits for the end of the saga of a cell; what it waits for itself is in the message if it does not end. */
async function ended(on: ProviderStage, { sagaId, title }: Cell): Promise<void> {
  let seen: unknown = null;
  const isEnded = async (): Promise<boolean> => {
    const saga = await on.running.context.db
      .selectFrom('saga_runs')
      .select(['status', 'current_index', 'waiting_for'])
      .where('saga_id', '=', sagaId)
      .executeTakeFirstOrThrow();
    seen = saga;
    return ['completed', 'failed', 'rolled_back'].includes(saga.status);
  };
  await eventually(`the end of: ${title}`, isEnded, { timeoutMs: longestMs, everyMs: 100 }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(seen)}`, { cause: error });
  });
}

/** The stage on which all cells are played at once, and the line to its provider, which knows the cell of each write. */
export function writeLine(): { line: Line; play: (stage: ProviderStage, cells: readonly Cell[]) => Promise<void> } {
  let stage: ProviderStage | null = null;
  /** The cells by everything that names one in a request: number, name, deployment, droplet and snapshot. */
  const named = new Map<string, Cell>();

  const cellOf = ({ method, path, body }: PassingRequest): Cell | undefined => {
    const words = `${path} ${body}`.match(/[0-9a-f]{8}-[0-9a-f-]{27}|web-\d+|\d+/g) ?? [];
    for (const word of words) if (named.has(word)) return named.get(word);
    if (method !== 'DELETE') return undefined;
    // A snapshot is deleted by its own id.
    const objects = stage?.simulator.snapshot().objects ?? [];
    const birth = objects.find(({ id }) => words.some((word) => word === id))?.birth;
    return birth !== undefined && 'sourceId' in birth ? named.get(birth.sourceId) : undefined;
  };

  /** Sends a write on; a droplet that it creates belongs to its cell. */
  const carryOut = async (cell: Cell, forward: Forward): ReturnType<Forward> => {
    const reply = await forward();
    const made = /^\{"droplet":\{"id":(\d+)/.exec(reply.body)?.[1];
    if (made !== undefined) named.set(made, cell);
    return reply;
  };

  const writeOf = async (on: ProviderStage, cell: Cell, request: PassingRequest): Promise<Write> => {
    const { step_names, current_index, status } = await on.running.context.db
      .selectFrom('saga_runs')
      .select(['step_names', 'current_index', 'status'])
      .where('saga_id', '=', cell.sagaId)
      .executeTakeFirstOrThrow();
    const step = (step_names[current_index] ?? '').replace(/:.*/, '');
    return { step, direction: status === 'compensating' ? 'backward' : 'forward', request: formOf(request) };
  };

  /** The first request after a refusal: the API still shows the wait that has ended. */
  const noteWait = async (on: ProviderStage, cell: Cell): Promise<void> => {
    const refusal = cell.refusedWith;
    if (refusal === null || cell.sagaId === null) return;
    cell.refusedWith = null;
    const { waiting } = await on.reply(provisioning.getSaga, { saga_id: cell.sagaId });
    cell.waits.push({ refusal, waiting });
  };

  const line = lineOf(async (request, forward) => {
    const cell = cellOf(request);
    if (stage !== null && cell !== undefined) await noteWait(stage, cell);
    if (request.method === 'GET') return forward();
    if (stage === null || cell === undefined) throw new Error(`${formOf(request)} belongs to no cell`);
    const write = await writeOf(stage, cell, request);
    const key = cell.isRetried ? `${keyOf(write)}, retried` : keyOf(write);
    const received = cell.writes.get(key)?.received ?? 0;
    cell.writes.set(key, { ...write, received: received + 1 });
    const refusal = cell.refusals(write)[received];
    if (refusal !== undefined) {
      cell.refusedWith = refusal;
      return { status: refusal.status, body: JSON.stringify(refusal) };
    }
    const text = `${request.method} ${request.path} ${request.body}`;
    const { when, retriedAfter } = cell.story;
    if (retriedAfter?.test(text) === true && !cell.isRetried) return { status: 403, body: '{"id":"forbidden"}' };
    const isDue = when?.write.test(text) === true && !cell.isSpoilt;
    if (isDue) cell.isSpoilt = true;
    if (isDue && when?.outcome === 'cancel') await stage.reply(provisioning.cancelSaga, { saga_id: cell.sagaId ?? '' });
    if (isDue && when?.outcome === 'carried out twice') await carryOut(cell, forward);
    const reply = await carryOut(cell, forward);
    return isDue && when?.outcome === 'carried out, but answered with 403'
      ? { status: 403, body: '{"id":"forbidden"}' }
      : reply;
  });

  return {
    line,
    async play(on, cells) {
      stage = on;
      for (const cell of cells) {
        const { number, name, deploymentId } = cell.subject;
        for (const word of [String(number), name, deploymentId]) named.set(word, cell);
      }
      await Promise.all(
        cells.map(async (cell) => {
          cell.sagaId = await cell.story.begin(on, cell.subject);
          named.set(cell.sagaId, cell);
          await ended(on, cell);
          if (cell.story.retriedAfter === undefined) return;
          cell.isRetried = true;
          const retried = await on.request(provisioning.retrySaga, { saga_id: cell.sagaId });
          if (isRefusal(retried))
            throw new Error(`${cell.title}: ${retried.detail} ${JSON.stringify([...cell.writes.values()])}`);
          await ended(on, cell);
        }),
      );
    },
  };
}
