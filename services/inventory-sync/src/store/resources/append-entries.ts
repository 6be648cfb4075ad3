import { token } from '@arcadia/contracts';
import { textLines } from '@arcadia/platform';
import { type RawBuilder, sql } from 'kysely';
import type { Entry } from '../../domain/resources/log-entry.ts';
import { provider, stateText } from '../../domain/resources/resource.ts';
import type { Owner } from '../../domain/resources/timeline.ts';

/**
 * Entries for the resources' logs as common table expressions for `tx.publishFrom`: `given` holds them, and the other expression
 * appends them to the logs. A state is thus sent to the database once, although it is stored in the log and in the message.
 */
export const appendedEntries = (entries: readonly Entry[]): RawBuilder<unknown> => {
  const column = (pick: (entry: Entry) => string | number | null) => textLines(entries.map(pick));
  return sql`
    given AS MATERIALIZED (
      SELECT * FROM ROWS FROM (
        ${column((e) => e.resourceId)}, ${column((e) => token(e.kind))}, ${column((e) => e.kind)},
        ${column((e) => JSON.stringify(e.providerId))}, ${column((e) => e.entry)}, ${column((e) => e.type)},
        ${column((e) => e.revision)}, ${column((e) => effectiveText(e.effectiveAt))},
        ${column((e) => observedText(e.observedAt))}, ${column((e) => stateText(e.state))},
        ${column((e) => ownerText(e.owner))}, ${column((e) => (e.auto === e.owner ? null : JSON.stringify(e.auto)))},
        ${column((e) => (e.details === null ? null : JSON.stringify(e.details)))},
        unnest(${entries.map((e) => e.actor)}::text[])
      ) WITH ORDINALITY AS t(resource_id, kind_token, kind, provider_id, entry, type, revision, effective_at, observed_at, state,
        owner, auto_owner, details, actor, position)
    ),
    appended AS (
      INSERT INTO cloud_resource_events
        (resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)
      SELECT resource_id::uuid, entry::int, type, revision::int, effective_at::timestamptz, observed_at::timestamptz,
        state::json, owner::json, auto_owner::json, details::json, actor
      FROM given
    )`;
};

/** The entries in `given` as messages of `resource.observed`, in the order given: key, subject and data of each. */
export const givenEntries = sql`
  SELECT resource_id || ':' || revision AS key,
    ${`resource.observed.${token(provider)}.`} || kind_token || '.' || resource_id AS subject,
    '{"resource_id":"' || resource_id || ${`","provider":"${provider}","kind":"`} || kind || '","provider_id":' || provider_id ||
      ',"revision":' || revision || ',"effective_at":"' || effective_at || '","observed_at":"' || observed_at ||
      '","owner":' || owner || ',"cause":"' || type || '",' || substr(state, 2) AS data
  FROM given ORDER BY position`;

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
