import { ownSubjects, type ServiceName } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Runtime } from '../runtime.ts';
import { republish } from './watchdog.ts';

type Held = { stream: string; held: number };

/** The streams to which a service publishes events, with the subjects that are its own. Jobs are not published again: they would run again. */
export const ownStreams = (name: ServiceName): { stream: string; subjects: readonly string[] }[] => [
  ...ownSubjects(name).filter(({ stream }) => stream !== 'AUDIT'),
  { stream: 'AUDIT', subjects: [`audit.recorded.${name}`, `row.${name}.>`] },
];

/** How many messages of this service a stream holds. */
export async function heldBy<DB, Config>(
  { bus }: Runtime<DB, Config>,
  { stream, subjects }: { stream: string; subjects: readonly string[] },
): Promise<Held> {
  let held = 0;
  for (const subject of subjects) {
    const { state } = await bus.jsm.streams.info(stream, { subjects_filter: subject });
    held += Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
  }
  return { stream, held };
}

/** Points the outbox again at the whole log of each stream that holds fewer messages than the log; with `isForced`, of each. */
export async function republishLog<DB>(
  db: Kysely<DB>,
  streams: readonly Held[],
  { isForced }: { isForced: boolean },
): Promise<(Held & { logged: number; republished: number })[]> {
  const done: (Held & { logged: number; republished: number })[] = [];
  for (const { stream, held } of streams) {
    const { rows } = await sql<{ logged: string }>`
      SELECT count(*) AS logged FROM events WHERE stream = ${stream}`.execute(db);
    const logged = Number(rows[0]?.logged ?? 0);
    const isLacking = held < logged || isForced;
    done.push({ stream, held, logged, republished: isLacking ? await republish(db, stream, null) : 0 });
  }
  return done;
}
