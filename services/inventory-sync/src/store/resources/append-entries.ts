import { token } from '@arcadia/contracts';
import { textLines } from '@arcadia/platform';
import { type RawBuilder, sql } from 'kysely';
import type { Entry } from '../../domain/resources/log-entry.ts';
import { provider, sourceIdOf, stateText } from '../../domain/resources/resource.ts';
import type { Owner } from '../../domain/resources/timeline.ts';
import { insertedFrom, type Seen } from './write-resources.ts';

/** A new resource: its first entries, and what its row holds beside the state of the last of them. `stateText`: of that state; null: not written yet. */
export type Discovery = {
  entries: readonly Entry[];
  stateText: string | null;
  stateHash: string;
  ownerFrom: Temporal.Instant | null;
};

/**
 * Entries for the resources' logs as common table expressions for `tx.publishFrom`: `given` holds them, and the other expression
 * appends them to the logs. A state is thus sent to the database once, although it is stored in the log and in the message.
 */
export const appendedEntries = (entries: readonly Entry[]): RawBuilder<unknown> => sql`
  given AS MATERIALIZED (
    SELECT * FROM ROWS FROM (${entryColumns(entries, writtenStates(entries))}) WITH ORDINALITY AS t(${entryNames}, position)
  ),
  ${appended}`;

/** As `appendedEntries`, and `inserted` makes the rows of the resources from their last entries. */
export const discoveredEntries = (found: readonly Discovery[], seen: Seen): RawBuilder<unknown> => {
  const last = <T>(pick: (discovery: Discovery) => T) =>
    found.flatMap((one) => one.entries.map((_, index) => (index === one.entries.length - 1 ? pick(one) : null)));
  const entries = found.flatMap((one) => one.entries);
  const written = last((one) => one.stateText);
  const states = entries.map(({ state }, index) => written[index] ?? stateText(state));
  return sql`
    given AS MATERIALIZED (
      SELECT * FROM ROWS FROM (
        ${entryColumns(entries, states)}, ${textLines(last(({ stateHash }) => stateHash))},
        ${textLines(last(({ ownerFrom }) => ownerFrom?.toString() ?? null))},
        ${textLines(last((one) => sourceOf(one.entries.at(-1))))}
      ) WITH ORDINALITY AS t(${entryNames}, state_hash, owner_from, source_resource_id, position)
    ),
    ${appended},
    inserted AS (${insertedFrom(sql`(SELECT * FROM given WHERE state_hash IS NOT NULL)`, seen)})`;
};

const sourceOf = (entry: Entry | undefined): string | null => (entry === undefined ? null : sourceIdOf(entry.state));

const entryNames = sql.raw(
  'resource_id, kind_token, kind, provider_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor',
);

const writtenStates = (entries: readonly Entry[]): string[] => entries.map(({ state }) => stateText(state));

const entryColumns = (entries: readonly Entry[], states: readonly string[]) => {
  const column = (pick: (entry: Entry) => string | number | null) => textLines(entries.map(pick));
  return sql`
    ${column((e) => e.resourceId)}, ${column((e) => token(e.kind))}, ${column((e) => e.kind)},
    ${column((e) => JSON.stringify(e.providerId))}, ${column((e) => e.entry)}, ${column((e) => e.type)},
    ${column((e) => e.revision)}, ${column((e) => effectiveText(e.effectiveAt))},
    ${column((e) => observedText(e.observedAt))}, ${textLines(states)},
    ${column((e) => ownerText(e.owner))}, ${column((e) => (e.auto === e.owner ? null : JSON.stringify(e.auto)))},
    ${column((e) => (e.details === null ? null : JSON.stringify(e.details)))},
    unnest(${entries.map((e) => e.actor)}::text[])`;
};

const appended = sql`appended AS (
  INSERT INTO cloud_resource_events
    (resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)
  SELECT resource_id::uuid, entry::int, type, revision::int, effective_at::timestamptz, observed_at::timestamptz,
    state::json, owner::json, auto_owner::json, details::json, actor
  FROM given
)`;

/** The entries in `given` as messages of `resource.observed`, in the order given: key, subject and data of each. */
export const givenEntries = sql`
  SELECT resource_id || ':' || revision AS key,
    ${`resource.observed.${token(provider)}.`} || kind_token || '.' || resource_id AS subject,
    '{"resource_id":"' || resource_id || ${`","provider":"${provider}","kind":"`} || kind || '","provider_id":' || provider_id ||
      ',"revision":' || revision || ',"effective_at":"' || effective_at || '","observed_at":"' || observed_at ||
      '","owner":' || owner || ',"cause":"' || type || '",' || substr(state, 2) AS data
  FROM given ORDER BY position`;

/**
 * As `givenEntries`, once all rows of `inserted` are there: the entries are numbered after the locks of their rows, and none is published
 * if another sweep has just inserted one of the resources.
 */
export const insertedEntries = (count: number) => sql`
  SELECT * FROM (${givenEntries}) AS g WHERE (SELECT count(*) FROM inserted) = ${count}::int`;

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
