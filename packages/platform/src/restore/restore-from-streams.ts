import { type EventContract, ownSubjects } from '@arcadia/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { type Kysely, sql, type Transaction } from 'kysely';
import { durableName } from '../bus/durables.ts';
import { jobStream } from '../bus/job-message.ts';
import { continuesHeader, logHeader, readLogPlace } from '../bus/message.ts';
import { headersOf } from '../bus/read-headers.ts';
import { ignoringNotFound } from '../bus/streams.ts';
import { type Delivery, receive } from '../consumers/received-event.ts';
import { wholeEvent } from '../consumers/replay.ts';
import type { Received, ServiceDefinition } from '../kernel/definition.ts';
import { failpoint } from '../kernel/failpoints.ts';
import { ensureMonthPartitionsBetween } from '../postgres/partitions.ts';
import { textLines } from '../postgres/postgres.ts';
import type { Runtime } from '../runtime.ts';
import { capturedType, nameOfCaptured } from './capture-rows.ts';
import { describeSetBack, findSetBack, isSetBack, type SetBack } from './find-set-back.ts';
import { readInOrder, readLogOrder } from './log-order.ts';
import { withRestoreLock } from './restore-lock.ts';
import { isUnfinished, markFinished, markUnfinished } from './restore-mark.ts';
import { continueIdentities, readCapturedRows, restoreRows, statementsOf } from './restore-rows.ts';

/** A stream is read from this long before the newest message of the log, in seconds: transactions commit out of order, and clocks differ. */
const marginSeconds = 3_600;

/**
 * Finds out at the start whether the database is behind the streams, and if so takes back what was lost before anything else
 * runs: a message that was published is a fact. The service's own messages return to its log and, through `restores`, to its
 * tables; consumers and queues that were ahead start over. One replica does it, the others wait for it. Doing it twice changes
 * nothing. A run of the job `restore` marks it until it is complete, so that one that was interrupted is done again.
 * @returns for each consumer that was ahead the sequence up to which it had acknowledged every message
 */
export async function restoreFromStreams<DB, Config>(
  runtime: Runtime<DB, Config>,
  definition: ServiceDefinition<DB, Config>,
): Promise<Record<string, number>> {
  const place = { db: runtime.db, bus: runtime.bus, name: runtime.name };
  const isNeeded = async (found: SetBack) => isSetBack(found) || (await isUnfinished(runtime.db));
  const first = await findSetBack(place, definition.consumes);
  if (!(await isNeeded(first))) return {};
  await withRestoreLock(runtime, async () => {
    const found = await findSetBack(place, definition.consumes);
    if (await isNeeded(found)) await restore(runtime, definition, found);
  });
  return first.acknowledged;
}

async function restore<DB, Config>(
  runtime: Runtime<DB, Config>,
  definition: ServiceDefinition<DB, Config>,
  found: SetBack,
): Promise<void> {
  const { log } = runtime.ctx;
  log.error({ alarm: true, ...found }, `${describeSetBack(found)}; restoring it from the streams before anything runs`);
  await markUnfinished(runtime.db);
  let count = 0;
  for (const own of ownSubjects(runtime.name)) count += await takeBack(runtime, definition, own);
  await failpoint('restore.taken-back');
  await definition.restored?.(runtime.ctx);
  const jobs = { stream: jobStream, subjects: [`job.${runtime.name}.>`] };
  if (definition.jobs.length > 0) await takeBack(runtime, {}, jobs);
  await startOver(runtime, found.consumers, definition);
  await markFinished(runtime.db);
  log.error(
    { alarm: true, messages: count, consumers: found.consumers },
    'the database holds again what the service had published; it consumes again what it had handled since',
  );
}

/** Consumers that were ahead begin again where the database stands, and queues with every job that is still on the stream. */
async function startOver<DB, Config>(
  { bus, name }: Runtime<DB, Config>,
  consumers: readonly string[],
  { consumes, jobs }: Pick<ServiceDefinition<DB, Config>, 'consumes' | 'jobs'>,
): Promise<void> {
  for (const { name: consumer, consumes: contracts } of consumes) {
    if (!consumers.includes(consumer)) continue;
    const stream = contracts[0]?.stream ?? '';
    await ignoringNotFound(() => bus.jsm.consumers.delete(stream, durableName(name, consumer)));
  }
  for (const queue of new Set(jobs.map((job) => job.queue ?? job.name))) {
    await ignoringNotFound(() => bus.jsm.consumers.delete(jobStream, durableName(name, `jobs_${queue}`)));
  }
}

type Restorable<DB, Config> = Pick<ServiceDefinition<DB, Config>, 'restores' | 'captures'>;
type Source = { stream: string; subjects: readonly string[] };

/** Reads the messages that the log lacks back into it, and their content into the tables. Returns how many messages there were. */
async function takeBack<DB, Config>(
  runtime: Runtime<DB, Config>,
  { restores = [], captures: captured = [] }: Restorable<DB, Config>,
  source: Source,
): Promise<number> {
  const captures = captured.map(nameOfCaptured);
  const byType = new Map(restores.map((each) => [each.contract.type, each]));
  const contracts = new Map<string, EventContract>(restores.map(({ contract }) => [contract.type, contract]));
  let parts = new Map<string, Delivery[]>();
  let count = 0;
  const place = { service: runtime.name, ...source, since: await newestLogged(runtime, source.stream) };
  const order = await readLogOrder(runtime.bus, place);
  await continueNumbers(runtime.db, order.highest);
  const partly = { withdrawn: 0, incomplete: 0 };
  const write = async (read: readonly JsMsg[]): Promise<void> => {
    // A message that was published twice may be stored twice, and both stand at its place in the log.
    const seen = new Set<string>();
    const messages = read.filter((message) => !seen.has(messageIdOf(message)) && seen.add(messageIdOf(message)));
    const times = messages.map(timeOf).toSorted((x, y) => Temporal.Instant.compare(x, y));
    const [from, to] = [times[0], times.at(-1)];
    if (from === undefined || to === undefined) return;
    await ensureMonthPartitionsBetween(runtime.db, { table: 'events', from, to });
    const kept = new Map(parts);
    await runtime.db.transaction().execute(async (trx) => {
      const lacking = new Set(await logAgain(trx, source.stream, messages));
      const lost = messages.filter((message) => lacking.has(messageIdOf(message)));
      for (const run of runsByType(lost)) {
        const type = typeOf(run[0]);
        const returning = run.filter(({ seq }) => !order.withdrawn.has(seq));
        if (type === capturedType) await writeBack(runtime, trx, returning, captures);
        else await byType.get(type)?.restore(eventsOf(run, contracts, kept), trx, runtime.ctx);
      }
      count += lacking.size;
      partly.withdrawn += lost.filter(({ seq }) => order.withdrawn.has(seq)).length;
      partly.incomplete += lost.filter(({ seq }) => order.incomplete.has(seq)).length;
    });
    parts = kept;
    runtime.ctx.log.info(
      { stream: source.stream, seq: messages.at(-1)?.seq, count },
      'messages are being restored to the database',
    );
  };
  let held: readonly JsMsg[] = [];
  for await (const read of readInOrder(runtime.bus, place, order)) {
    // A reply of nats-server that was directed here has no event id; its consumers have parked it.
    const own = read.filter((message) => (message.headers?.get('ce-id') ?? '') !== '');
    const { messages, rest } = splitAtStatement([...held, ...own]);
    held = rest;
    await write(messages);
  }
  await write(held);
  reportParts(runtime, source.stream, partly);
  await continueIdentities(runtime.db, captures);
  return count;
}

/** The numbers of the log go on after those that were published: a number shows the order of a row's changes. */
async function continueNumbers<DB>(db: Kysely<DB>, highest: string | null): Promise<void> {
  if (highest === null) return;
  await sql`SELECT setval('event_numbers', greatest(nextval('event_numbers'), ${highest}::bigint + 1))`.execute(db);
}

/** A transaction too large for one batch may have been lost between two of them. */
function reportParts<DB, Config>(
  { ctx }: Runtime<DB, Config>,
  stream: string,
  { withdrawn, incomplete }: { withdrawn: number; incomplete: number },
): void {
  if (withdrawn > 0) {
    ctx.log.error(
      { alarm: true, stream, messages: withdrawn },
      'rows of transactions that were lost before an event of theirs was published are not restored; what they did is done again',
    );
  }
  if (incomplete > 0) {
    ctx.log.error(
      { alarm: true, stream, transactions: incomplete },
      'transactions were lost while their events were being published; compare what they did with the services that consume it',
    );
  }
}

/** Rows that one statement has changed are written back together, so those of the last statement wait for the next messages. */
function splitAtStatement(messages: readonly JsMsg[]): { messages: readonly JsMsg[]; rest: readonly JsMsg[] } {
  const statementsIn = (message: JsMsg | undefined) =>
    typeOf(message) === capturedType ? statementsOf(message?.string() ?? '') : null;
  let cut = messages.length;
  for (let open: string | null = null; cut > 0; cut -= 1) {
    const statements = statementsIn(messages[cut - 1]);
    if (statements === null || (open !== null && statements.last !== open)) break;
    open = statements.first;
  }
  return { messages: messages.slice(0, cut), rest: messages.slice(cut) };
}

function eventsOf(
  messages: readonly JsMsg[],
  contracts: ReadonlyMap<string, EventContract>,
  parts: Map<string, Delivery[]>,
): Received[] {
  return messages.flatMap((message) => (wholeEvent(receive(message, contracts), contracts, parts) as Received) ?? []);
}

async function writeBack<DB, Config>(
  { ctx }: Runtime<DB, Config>,
  trx: Transaction<DB>,
  messages: readonly JsMsg[],
  captures: readonly string[],
): Promise<void> {
  const rows = readCapturedRows(messages.map((message) => message.string()));
  const missing = await restoreRows(trx, rows, captures);
  for (const { table, omitted } of rows.filter((one) => one.omitted > 0)) {
    ctx.log.error(
      { alarm: true, table, omitted },
      'rows that were too large for a message are not restored; compare the table with a backup',
    );
  }
  for (const table of new Set(missing)) {
    ctx.log.error(
      { alarm: true, table, missing: missing.filter((each) => each === table).length },
      'changes of rows that were not restored are not restored either; compare the table with a backup',
    );
  }
}

async function newestLogged<DB, Config>({ db }: Runtime<DB, Config>, stream: string): Promise<Temporal.Instant | null> {
  const { rows } = await sql<{ at: string }>`
    SELECT recorded_at AS at FROM events WHERE stream = ${stream} ORDER BY number DESC LIMIT 1`.execute(db);
  const newest = rows[0];
  return newest === undefined ? null : Temporal.Instant.from(newest.at).subtract({ seconds: marginSeconds });
}

const timeOf = (message: JsMsg): Temporal.Instant =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(message.info.timestampNanos / 1_000_000));

const typeOf = (message: JsMsg | undefined): string => message?.headers?.get('ce-type') ?? '';
/** As `logAgain` returns them. The message of a job has no id by which the server recognises it. */
const messageIdOf = ({ headers }: JsMsg): string => {
  const part = headers?.get('arcadia-part')?.split('/')[0] ?? '';
  return `${headers?.get('ce-id') ?? ''}${part === '' ? '' : `/${part}`}`;
};

/** Consecutive messages of one type, so that each restore gets many at once and the order of the stream holds. */
function runsByType(messages: readonly JsMsg[]): JsMsg[][] {
  const runs: JsMsg[][] = [];
  for (const message of messages) {
    const run = runs.at(-1);
    if (run !== undefined && typeOf(run[0]) === typeOf(message)) run.push(message);
    else runs.push([message]);
  }
  return runs;
}

/** Writes messages into the log unless they are there; the outbox does not point at them. Returns the message ids written. */
async function logAgain<DB>(trx: Transaction<DB>, stream: string, messages: readonly JsMsg[]): Promise<string[]> {
  const rows = messages.map((message) => {
    const headers = headersOf(message);
    const part = /^(\d+)\/(\d+)$/.exec(headers['arcadia-part'] ?? '');
    return {
      id: headers['ce-id'] ?? '',
      type: headers['ce-type'] ?? '',
      version: Number(headers['ce-dataversion'] ?? '1'),
      subject: message.subject,
      occurredAt: headers['ce-time'] ?? timeOf(message).toString(),
      recordedAt: timeOf(message).toString(),
      part: part === null ? null : Number(part[1]),
      parts: part === null ? null : Number(part[2]),
      transaction: readLogPlace(headers[logHeader])?.transaction ?? null,
      headers: ownHeaders(headers),
      payload: message.string(),
    };
  });
  const column = <T>(pick: (row: (typeof rows)[number]) => T) => rows.map(pick);
  const written = await sql<{ id: string; part: number | null }>`
    INSERT INTO events (recorded_at, id, stream, type, version, subject, occurred_at, part, parts, transaction, headers, payload)
    SELECT recorded_at, id, ${stream}, type, version, subject, occurred_at, part, parts, transaction, headers::json, payload::json
    FROM ROWS FROM (
      unnest(
        ${column((row) => row.recordedAt)}::timestamptz[], ${column((row) => row.id)}::uuid[],
        ${column((row) => row.type)}::text[], ${column((row) => row.version)}::int[], ${column((row) => row.subject)}::text[],
        ${column((row) => row.occurredAt)}::timestamptz[], ${column((row) => row.part)}::int[], ${column((row) => row.parts)}::int[],
        ${column((row) => row.transaction)}::text[]
      ),
      ${textLines(column((row) => row.headers))}, ${textLines(column((row) => row.payload))}
    ) WITH ORDINALITY AS t(recorded_at, id, type, version, subject, occurred_at, part, parts, transaction, headers, payload, position)
    WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = t.id AND e.part IS NOT DISTINCT FROM t.part)
    ORDER BY position
    RETURNING id, part`.execute(trx);
  return written.rows.map(({ id, part }) => (part === null ? id : `${id}/${part}`));
}

const madeHeaders: ReadonlySet<string> = new Set(['arcadia-part', logHeader, continuesHeader]);

/** The headers besides those that are made from the other columns; null when there are none. */
function ownHeaders(headers: Readonly<Record<string, string>>): string | null {
  const isOwn = (name: string) => !name.startsWith('ce-') && !name.startsWith('Nats-') && !madeHeaders.has(name);
  const own = Object.entries(headers).filter(([name]) => isOwn(name));
  return own.length === 0 ? null : JSON.stringify(Object.fromEntries(own));
}
