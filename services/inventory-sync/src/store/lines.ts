import { type RawBuilder, sql } from 'kysely';

/**
 * A column of values for `ROWS FROM`, as one text with a line for each. An array would have to be escaped piece by piece here and
 * taken apart by Postgres again, and a list of JSON objects be parsed twice. For what never holds a line break and is never
 * empty, JSON text included; null is an empty line. Cast the column where it is used.
 */
export const lines = (values: readonly (string | number | null)[]): RawBuilder<string> =>
  sql<string>`string_to_table(${values.map((value) => value ?? '').join('\n')}, E'\n', '')`;
