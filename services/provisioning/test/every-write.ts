import { provisioning } from '@arcadia/contracts';
import { createDigitalOcean, WriteRefusedError } from '@arcadia/digitalocean';
import { expect } from 'vitest';
import { digitalOceanProvider } from '../src/clients/digitalocean.ts';
import type { Provider } from '../src/clients/provider.ts';
import { sagas } from '../src/sagas/registry.ts';
import { openProviderStage, type ProviderStage, powerOf } from './stage.ts';
import { type Cell, keyOf, type Refusal, type Write, writeLine } from './write-cells.ts';
import { prepare, type WriteStory, writeStories } from './write-stories.ts';

const unprocessable = (message: string): Refusal => ({ status: 422, id: 'unprocessable_entity', message });

/** Refusals that pass. Texts of the 422 are the provider's, for a droplet with an event, a locked one, and a database. */
const passing: readonly Refusal[] = [
  { status: 409, id: 'conflict', message: 'The request could not be completed due to a conflict.' },
  unprocessable('Droplet already has a pending event.'),
  { status: 412, id: 'precondition_failed', message: 'The resource is not in a state that allows the request.' },
  unprocessable('There are currently blocking events processing for one or more of the droplets.'),
  { status: 423, id: 'locked', message: 'The droplet is locked.' },
  unprocessable('This droplet is currently locked. Please wait until the event is over.'),
  unprocessable('The database cluster is being resized.'),
];

/** Refusals that last, by the request that receives them. */
const lasting = (request: string): readonly Refusal[] => [
  { status: 401, id: 'unauthorized', message: 'Unable to authenticate you.' },
  { status: 403, id: 'forbidden', message: 'You are not authorized to perform this operation.' },
  { status: 400, id: 'bad_request', message: 'error parsing request body' },
  // What a deletion names may be gone, or busy.
  ...(request.startsWith('DELETE')
    ? []
    : [
        { status: 404, id: 'not_found', message: 'The resource you requested could not be found.' },
        unprocessable('You specified an invalid size.'),
      ]),
];

/** Steps that send no write to the provider. */
const reading = new Set([
  'provision_droplet check-request forward',
  'provision_droplet reserve-tag forward',
  'provision_droplet record-desired-state forward',
  'resize_droplet check-request forward',
  'resize_droplet record-desired-state forward',
  'suspend remember-power forward',
  'suspend mark-suspended forward',
  'resume check-request forward',
  'resume mark-active forward',
  'offboard check-request forward',
  'offboard forget-desired-states forward',
  'offboard archive forward',
]);

/** The arguments with which each call is tried at a client that may not write. A call that is new has to be added here. */
const calls: { [Call in Exclude<keyof Provider, 'canWrite'>]: Parameters<Provider[Call]> } = {
  sizes: [],
  regions: [],
  image: ['1'],
  publicImages: [],
  droplet: ['1'],
  dropletsTagged: ['t'],
  dropletsInDefaultProject: [],
  createDroplet: [
    { name: 'n', region: 'r', size: 's', image: 'i', tags: [], sshKeys: [], monitoring: true, ipv6: false } as never,
  ],
  deleteDroplet: ['1'],
  dropletActions: ['1'],
  startDropletAction: ['1', { type: 'power_on' }],
  dropletAction: ['1', '1'],
  dropletSnapshots: ['1'],
  deleteSnapshot: ['1'],
  associatedWith: ['1'],
  deleteDropletWith: ['1', { volumes: [], snapshots: [], volumeSnapshots: [], reservedIps: [] }],
  deletionStatus: ['1'],
  assignToProject: ['1', '1'],
  tagDroplet: ['1', 't'],
};

/** The writes of which the client for sagas is capable, such as `DELETE /v2/droplets/ID`. */
async function writesOfClient(): Promise<string[]> {
  const fetch = async () => new Response('{}', { status: 404 });
  const api = createDigitalOcean({ token: 't', write: false, retries: 0, fetch });
  const provider = digitalOceanProvider(api, { canWrite: false });
  const tries = Object.entries(calls).map(async ([call, given]) => {
    const method = provider[call as keyof typeof calls] as (...all: unknown[]) => Promise<unknown>;
    const error: unknown = await method(...given).then(
      () => null,
      (one: unknown) => one,
    );
    return error instanceof WriteRefusedError ? [`${error.method} ${error.path.replace(/\/1\b/g, '/ID')}`] : [];
  });
  return (await Promise.all(tries)).flat();
}

const numberOf = (story: number, cell: number): number => 1_000 + story * 50 + cell;

const droplets = Object.values(writeStories).flatMap(({ droplet }, story) =>
  droplet === null ? [] : Array.from({ length: 50 }, (_, cell) => ({ number: numberOf(story, cell), droplet })),
);

async function cellsOf(
  stage: ProviderStage,
  given: { title: string; story: WriteStory; number: number; refusals: Cell['refusals'] }[],
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const { title, story, number, refusals } of given) {
    const subject = await prepare(stage, story, number);
    const fresh = { writes: new Map(), waits: [], refusedWith: null, sagaId: null, isRetried: false, isSpoilt: false };
    cells.push({ title, story, subject, refusals, ...fresh });
  }
  return cells;
}

const sagaOf = (stage: ProviderStage, { sagaId }: Cell) => stage.reply(provisioning.getSaga, { saga_id: sagaId ?? '' });

/** The state of the droplet of a cell: the one of its story, or the one that was provisioned. */
async function leftOf(stage: ProviderStage, cell: Cell): Promise<string> {
  const { context } = await sagaOf(stage, cell);
  return powerOf(stage.simulator, cell.story.droplet === null ? Number(context['droplet_id']) : cell.subject.number);
}

/** The steps and compensations of the saga of a cell, by their definition, such as `suspend power-off backward`. */
async function definedBy(stage: ProviderStage, { sagaId, story: { kind } }: Cell): Promise<string[]> {
  const { inputs } = await stage.running.context.db
    .selectFrom('saga_runs')
    .select('inputs')
    .where('saga_id', '=', sagaId)
    .executeTakeFirstOrThrow();
  return sagas[kind].steps(inputs).flatMap(({ name, compensate }) => {
    const step = `${kind} ${name.replace(/:.*/, '')}`;
    return [`${step} forward`, ...(compensate === undefined ? [] : [`${step} backward`])];
  });
}

const stepOf = (cell: Cell, write: Write): string => `${cell.story.kind} ${write.step} ${write.direction}`;

/** Each write is refused twice in a cell; the four cells of a story together refuse it with everything that passes. */
const patientCells = (cellsOf: (story: number) => readonly number[]) =>
  Object.entries(writeStories).flatMap(([title, story], index) =>
    cellsOf(index).map((cell) => ({
      title: `${title} (${cell})`,
      story,
      number: numberOf(index, cell),
      refusals: () => passing.slice(cell * 2, cell * 2 + 2),
    })),
  );

/** For every write that was seen, a story in which it is refused with something that lasts. */
function lastingCells(seen: readonly Cell[]) {
  const byWrite = new Map(
    seen.flatMap((cell) =>
      [...cell.writes.values()].map((one) => [stepOf(cell, one) + one.request, { cell, write: one }]),
    ),
  );
  return [...byWrite.values()].map(({ cell, write }, index) => {
    const among = lasting(write.request);
    const refusal = among[index % among.length] as Refusal;
    const { retriedAfter: _, ...story } = cell.story;
    return {
      title: `${cell.story.kind} ${keyOf(write)} refused with ${refusal.status}`,
      story,
      number: cell.subject.number - (cell.subject.number % 50) + 4 + index,
      write,
      refusals: (one: Write) => (keyOf(one) === keyOf(write) ? Array(50).fill(refusal) : []),
    };
  });
}

/**
 * Every write of every saga waits while the provider refuses it for the present, and shows until when. The writes are those that the
 * sagas send in the stories, compared with their definitions and with what their client can send.
 * @param cells which of the four cells of each story are played
 * @param isWhole whether each write is then refused for good, too
 */
export async function everyWriteWaits(
  cells: (story: number) => readonly number[],
  { isWhole }: { isWhole: boolean },
): Promise<void> {
  const projects = [
    { name: 'Default', is_default: true },
    { name: 'acme', id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10' },
  ];
  const provider = {
    account: { droplet_limit: 10_000 },
    projects,
    droplets: droplets.map(({ number, droplet }) => ({
      ...droplet,
      id: number,
      name: `web-${number - 100}`,
      size: 's-1vcpu-1gb',
    })),
  };
  const { line, play } = writeLine();
  await using stage = await openProviderStage([], undefined, { provider, line });

  const patient = await cellsOf(stage, patientCells(cells));
  await play(stage, patient);
  const ends: object = {};
  for (const cell of patient) {
    const { status, waiting } = await sagaOf(stage, cell);
    Object.assign(ends, { [cell.title]: { status, waiting, left: await leftOf(stage, cell) } });
  }
  expect(ends).toEqual(
    Object.fromEntries(
      patient.map(({ title, story: { ends: status, left } }) => [title, { status, waiting: null, left }]),
    ),
  );
  for (const cell of patient) {
    const counts = [...cell.writes.values()].map((write) => {
      const expected = cell.refusals(write).length;
      return { write: keyOf(write), refused: Math.min(expected, write.received - 1), expected };
    });
    expect
      .soft(
        counts.filter(({ refused, expected }) => refused !== expected),
        cell.title,
      )
      .toEqual([]);
    expect.soft(cell.waits.length, cell.title).toBe(counts.reduce((sum, { expected }) => sum + expected, 0));
    for (const { refusal, waiting } of cell.waits) {
      expect.soft(waiting?.reason, cell.title).toContain(refusal.message);
      const order = Temporal.Instant.compare(waiting?.next_attempt_at ?? '', waiting?.until ?? '');
      expect.soft(order, cell.title).toBe(-1);
    }
  }

  const defined = new Set((await Promise.all(patient.map((cell) => definedBy(stage, cell)))).flat());
  const writing = new Set(patient.flatMap((cell) => [...cell.writes.values()].map((write) => stepOf(cell, write))));
  expect([...writing].filter((step) => reading.has(step))).toEqual([]);
  expect([...writing, ...reading].toSorted()).toEqual([...defined].toSorted());
  const kinds = new Set(patient.map(({ story }) => story.kind));
  expect(provisioning.sagaKind.options.filter((kind) => !kinds.has(kind))).toEqual(['echo', 'fail']);
  const sent = [
    ...new Set(patient.flatMap((cell) => [...cell.writes.values()].map(({ request }) => request.replace(/ \w+$/, '')))),
  ];
  const capable = await writesOfClient();
  expect(capable.length).toBeGreaterThan(5);
  expect(capable.filter((write) => !sent.includes(write))).toEqual([]);
  if (isWhole) await everyWriteFails(stage, play, patient);
}

/** Every write that was seen fails its saga at once when the provider refuses it for good. */
async function everyWriteFails(
  stage: ProviderStage,
  play: ReturnType<typeof writeLine>['play'],
  patient: readonly Cell[],
): Promise<void> {
  const lastingOnes = lastingCells(patient);
  const refused = await cellsOf(stage, lastingOnes);
  await play(stage, refused);
  for (const [index, cell] of refused.entries()) {
    const { status, ledger } = await sagaOf(stage, cell);
    const write = cell.writes.get(keyOf(lastingOnes[index]?.write as Write));
    expect
      .soft({ title: cell.title, status, received: write?.received })
      .toEqual({ title: cell.title, status: expect.stringMatching(/failed|rolled_back/), received: 1 });
    expect
      .soft(
        cell.waits.filter(({ refusal }) => passing.includes(refusal)),
        cell.title,
      )
      .toEqual([]);
    expect
      .soft(JSON.stringify(ledger), cell.title)
      .toContain(String(lasting('').find(({ status: one }) => cell.title.endsWith(String(one)))?.message));
  }
}
