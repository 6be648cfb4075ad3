import { token } from '@arcadia/contracts';
import { type RawBuilder, sql } from 'kysely';
import type { Entry } from '../../domain/resources/log-entry.ts';
import { provider, type StateParts, sourceIdOf, stateParts } from '../../domain/resources/resource.ts';
import type { Owner } from '../../domain/resources/timeline.ts';
import { type Column, column, columnsOf, rowsOf } from '../given-rows.ts';
import { insertedFrom, ownerColumns, type Seen, stateColumns } from './write-resources.ts';

/** A new resource: its first entries, and what its row holds beside the state of the last of them. `stateParts`: of that state; null: not written yet. */
export type Discovery = {
  entries: readonly Entry[];
  stateParts: StateParts | null;
  stateHash: string;
  ownerFrom: Temporal.Instant | null;
};

/**
 * Entries for the resources' logs as common table expressions for `tx.publishFrom`: `given` holds them, and the other expression
 * appends them to the logs. A state is thus sent to the database once, although it is stored in the log and in the message.
 */
export const appendedEntries = (entries: readonly Entry[]): RawBuilder<unknown> => sql`
  given AS MATERIALIZED (
    ${rowsOf(
      entryColumns(
        entries,
        entries.map(({ state }) => stateParts(state)),
      ),
    )}
  ),
  ${appended}`;

/** As `appendedEntries`, and `inserted` makes the rows of the resources from their last entries. */
export const discoveredEntries = (found: readonly Discovery[], seen: Seen): RawBuilder<unknown> => {
  const entries: Entry[] = [];
  const states: StateParts[] = [];
  const hashes: (string | null)[] = [];
  const ownersFrom: (string | null)[] = [];
  const sources: (string | null)[] = [];
  for (const one of found) {
    const end = entries.length + one.entries.length - 1;
    for (const entry of one.entries) {
      const isLast = entries.length === end;
      entries.push(entry);
      states.push((isLast ? one.stateParts : null) ?? stateParts(entry.state));
      hashes.push(isLast ? one.stateHash : null);
      ownersFrom.push(isLast ? (one.ownerFrom?.toString() ?? null) : null);
      sources.push(isLast ? sourceIdOf(entry.state) : null);
    }
  }
  const columns = [
    ...entryColumns(entries, states),
    ...stateColumns(entries.map(({ state }) => state)),
    ...ownerColumns(entries.map(({ owner }) => owner)),
    column('state_hash', 'text', hashes),
    column('owner_from', 'timestamptz', ownersFrom),
    column('source_resource_id', 'uuid', sources),
  ];
  return sql`
    given AS MATERIALIZED (${rowsOf(columns)}),
    ${appended},
    inserted AS (${insertedFrom(sql`(SELECT * FROM given WHERE state_hash IS NOT NULL)`, seen)})`;
};

function entryColumns(entries: readonly Entry[], states: readonly StateParts[]): Column[] {
  const [of, ofState] = [columnsOf(entries), columnsOf(states)];
  return [
    { ...of('resource_id', 'uuid', (e) => e.resourceId), text: 'id' },
    of('kind_token', 'text', (e) => kindToken(e.kind)),
    of('kind', 'text', (e) => e.kind),
    of('provider_id', 'text', (e) => e.providerId),
    of('entry', 'integer', (e) => e.entry),
    of('type', 'text', (e) => e.type),
    of('revision', 'integer', (e) => e.revision),
    { ...of('effective_at', 'timestamptz', (e) => effectiveText(e.effectiveAt)), text: 'effective_text' },
    { ...of('observed_at', 'timestamptz', (e) => observedText(e.observedAt)), text: 'observed_text' },
    ofState('fields', 'text', ({ fields }) => fields),
    ofState('attrs', 'text', ({ attrs }) => attrs),
    { ...of('owner', 'json', (e) => ownerText(e.owner)), text: 'owner_text' },
    of('auto_owner', 'json', (e) => (e.auto === e.owner ? null : JSON.stringify(e.auto))),
    of('details', 'json', (e) => (e.details === null ? null : JSON.stringify(e.details))),
    of('actor', 'text', (e) => e.actor),
  ];
}

const appended = sql`appended AS (
  INSERT INTO cloud_resource_events
    (resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)
  SELECT resource_id, entry, type, revision, effective_at, observed_at, ('{' || fields || ',"attrs":' || attrs || '}')::json, owner,
    auto_owner, details, actor
  FROM given
)`;

/** The entries in `given` as messages of `resource.observed`, in the order given: key, subject and data of each. */
export const givenEntries = sql`
  SELECT id || ':' || revision AS key,
    ${`resource.observed.${token(provider)}.`} || kind_token || '.' || id AS subject,
    '{"resource_id":"' || id || ${`","provider":"${provider}","kind":"`} || kind || '","provider_id":' || to_json(provider_id) ||
      ',"revision":' || revision || ',"effective_at":"' || effective_text || '","observed_at":"' || observed_text ||
      '","owner":' || owner_text || ',"cause":"' || type || '",' || fields || ',"attrs":' || attrs || '}' AS data
  FROM given ORDER BY position`;

/**
 * As `givenEntries`, once all rows of `inserted` are there: the entries are numbered after the locks of their rows, and none is published
 * if another sweep has just inserted one of the resources.
 */
export const insertedEntries = (count: number) => sql`
  SELECT * FROM (${givenEntries}) AS g WHERE (SELECT count(*) FROM inserted) = ${count}::int`;

const kindToken = lastKnown(token);
const effectiveText = lastKnown((at: Temporal.Instant) => at.toString());
const observedText = lastKnown((at: Temporal.Instant) => at.toString());
const ownerText = lastKnown((owner: Owner) => JSON.stringify(owner));

/** Neighbouring entries mostly have one time and one owner, so the last text is often the next. */
function lastKnown<Value>(write: (value: Value) => string): (value: Value) => string {
  let last: { value: Value; text: string } | undefined;
  return (value) => {
    if (last === undefined || last.value !== value) last = { value, text: write(value) };
    return last.text;
  };
}
