import { token } from '@arcadia/contracts';
import { textLines } from '@arcadia/platform';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Entry } from '../../domain/resources/log-entry.ts';
import { provider, stateText } from '../../domain/resources/resource.ts';
import type { Owner } from '../../domain/resources/timeline.ts';
import type { Tables } from '../schema.ts';

/** Adds entries to the resources' logs, in one statement. */
export async function appendEntries(db: Kysely<Tables>, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const column = (pick: (entry: Entry) => string | number | null) => textLines(entries.map(pick));
  await sql`
    INSERT INTO cloud_resource_events
      (resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)
    SELECT resource_id::uuid, entry::int, type, revision::int, effective_at::timestamptz, observed_at::timestamptz, state::json,
      owner::json, auto_owner::json, details::json, actor
    FROM ROWS FROM (
      ${column((e) => e.resourceId)}, ${column((e) => e.entry)}, ${column((e) => e.type)}, ${column((e) => e.revision)},
      ${column((e) => timeText(e.effectiveAt))}, ${column((e) => timeText(e.observedAt))},
      ${column((e) => stateText(e.state))}, ${column((e) => ownerText(e.owner))},
      ${column((e) => (e.auto === e.owner ? null : ownerText(e.auto)))},
      ${column((e) => (e.details === null ? null : JSON.stringify(e.details)))},
      unnest(${entries.map((e) => e.actor)}::text[])
    ) AS t(resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)`.execute(
    db,
  );
}

/** The same entries as messages of `resource.observed`, in the order given: key, subject and data of each. */
export const entriesAsMessages = (entries: readonly Entry[]): RawBuilder<unknown> => {
  const column = (pick: (entry: Entry) => string) => textLines(entries.map(pick));
  return sql`
    SELECT key, subject, data FROM ROWS FROM (
      ${column((e) => `${e.resourceId}:${e.revision}`)}, ${column((e) => `${subjectOf(e.kind)}${e.resourceId}`)},
      ${column(messageOf)}
    ) AS t(key, subject, data)`;
};

/** Written piece by piece, because there may be ten thousand of them; only texts that the provider chose need escaping. */
const messageOf = (e: Entry): string =>
  `{"resource_id":"${e.resourceId}","provider":"${provider}","kind":"${e.kind}","provider_id":${JSON.stringify(e.providerId)},` +
  `"revision":${e.revision},"effective_at":"${timeText(e.effectiveAt)}","observed_at":"${timeText(e.observedAt)}",` +
  `"owner":${ownerText(e.owner)},"cause":"${e.type}",${stateText(e.state).slice(1)}`;

const subjectOf = lastKnown((kind: string) => `resource.observed.${token(provider)}.${token(kind)}.`);
const timeText = lastKnown((at: Temporal.Instant) => at.toString());
const ownerText = lastKnown((owner: Owner) => JSON.stringify(owner));

/** Neighbouring entries mostly have one time and one owner, so the last text is often the next. */
function lastKnown<Value>(write: (value: Value) => string): (value: Value) => string {
  let last: { value: Value; text: string } | undefined;
  return (value) => {
    if (last === undefined || last.value !== value) last = { value, text: write(value) };
    return last.text;
  };
}
