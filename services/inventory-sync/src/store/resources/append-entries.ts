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
    ${rowsOf(entryColumns(entries, writtenStates(entries)))}
  ),
  ${appended}`;

/** As `appendedEntries`, and `inserted` makes the rows of the resources from their last entries. */
export const discoveredEntries = (found: readonly Discovery[], seen: Seen): RawBuilder<unknown> => {
  const last = <T>(pick: (discovery: Discovery) => T) =>
    found.flatMap((one) => one.entries.map((_, index) => (index === one.entries.length - 1 ? pick(one) : null)));
  const entries = found.flatMap((one) => one.entries);
  const written = last((one) => one.stateText);
  const states = entries.map(({ state }, index) => written[index] ?? stateText(state));
  const columns = [
    ...entryColumns(entries, states),
    ...ownerColumns(entries),
    text(
      'state_hash',
      last(({ stateHash }) => stateHash),
    ),
    text(
      'owner_from',
      last(({ ownerFrom }) => ownerFrom?.toString() ?? null),
    ),
    text(
      'source_resource_id',
      last((one) => sourceOf(one.entries.at(-1))),
    ),
  ];
  return sql`
    given AS MATERIALIZED (${rowsOf(columns)}),
    ${appended},
    inserted AS (${insertedFrom(sql`(SELECT * FROM given WHERE state_hash IS NOT NULL)`, seen)})`;
};

const sourceOf = (entry: Entry | undefined): string | null => (entry === undefined ? null : sourceIdOf(entry.state));

const writtenStates = (entries: readonly Entry[]): string[] => entries.map(({ state }) => stateText(state));

/** A column of the entries. `isAny`: its values may be empty or contain line breaks. */
type Column = { name: string; values: readonly (string | number | null)[]; isAny: boolean };

const text = (name: string, values: Column['values']): Column => ({ name, values, isAny: false });

function entryColumns(entries: readonly Entry[], states: readonly string[]): Column[] {
  const column = (name: string, pick: (entry: Entry) => string | number | null) => text(name, entries.map(pick));
  return [
    column('resource_id', (e) => e.resourceId),
    column('kind_token', (e) => kindToken(e.kind)),
    column('kind', (e) => e.kind),
    column('provider_id', (e) => JSON.stringify(e.providerId)),
    column('entry', (e) => e.entry),
    column('type', (e) => e.type),
    column('revision', (e) => e.revision),
    column('effective_at', (e) => effectiveText(e.effectiveAt)),
    column('observed_at', (e) => observedText(e.observedAt)),
    text('state', states),
    column('owner', (e) => ownerText(e.owner)),
    column('auto_owner', (e) => (e.auto === e.owner ? null : JSON.stringify(e.auto))),
    column('details', (e) => (e.details === null ? null : JSON.stringify(e.details))),
    { name: 'actor', values: entries.map((e) => e.actor), isAny: true },
  ];
}

/** The parts of each owner, so that Postgres need not parse it for the row. */
const ownerColumns = (entries: readonly Entry[]): Column[] =>
  (['project_id', 'tenant_id', 'deployment_id', 'attributed_by'] as const).map((name) => ({
    name,
    values: entries.map(({ owner }) => owner[name]),
    isAny: true,
  }));

/**
 * Rows of these columns as texts, in the order given. A column with one value throughout, as most are in the batch of a listing, is sent
 * once: its copies would be a third of what is sent.
 */
function rowsOf([first, ...others]: readonly Column[]): RawBuilder<unknown> {
  if (first === undefined) throw new TypeError('rows without a column');
  const isSame = ({ values }: Column) => values.every((value) => value === values[0]);
  const [same, differing] = [others.filter(isSame), others.filter((column) => !isSame(column))];
  const many = [first, ...differing];
  const given = many.map(({ values, isAny }) => (isAny ? sql`unnest(${values}::text[])` : textLines(values)));
  const one = same.map(({ name, values }) => sql`, ${values[0] ?? null}::text AS ${sql.ref(name)}`);
  return sql`
    SELECT t.*${one.length === 0 ? sql`` : sql.join(one, sql``)} FROM ROWS FROM (${sql.join(given)})
      WITH ORDINALITY AS t(${sql.join(many.map(({ name }) => sql.ref(name)))}, position)`;
}

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
