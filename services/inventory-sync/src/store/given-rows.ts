import { textLines } from '@arcadia/platform';
import { type RawBuilder, sql } from 'kysely';

type Value = string | number | null;

/**
 * A column of rows that are sent to Postgres as text. Where the rows are materialized, it is read as its type once, however often it is used;
 * `text`: the name under which the text is there too.
 */
export type Column = {
  name: string;
  type: 'text' | 'uuid' | 'integer' | 'boolean' | 'timestamptz' | 'json' | 'jsonb' | 'uuid[]' | 'text[]';
  values: readonly Value[];
  text?: string;
};

export const column = (name: string, type: Column['type'], values: readonly Value[]): Column => ({
  name,
  type,
  values,
});

/** How to make a column of one value of each of these. */
export const columnsOf =
  <T>(all: readonly T[]) =>
  (name: string, type: Column['type'], pick: (one: T) => Value): Column =>
    column(name, type, all.map(pick));

/**
 * Rows of these columns, with their `position` in the order given. A column with one value throughout, as most are in the batch of a
 * listing, is sent and read once: its copies would be a third of what is sent.
 */
export function rowsOf([first, ...others]: readonly Column[]): RawBuilder<unknown> {
  if (first === undefined) throw new TypeError('rows without a column');
  const isSame = ({ values }: Column) => values.every((value) => value === values[0]);
  const [same, differing] = [others.filter(isSame), others.filter((column) => !isSame(column))];
  const many = [first, ...differing];
  const read = [
    ...many.flatMap((column) => readAs(column, () => sql.ref(`t.${column.name}`))),
    ...same.flatMap((column) => readAs(column, () => sql`${column.values[0] ?? null}`)),
  ];
  return sql`
    SELECT ${sql.join(read)}, position FROM ROWS FROM (${sql.join(many.map(({ values }) => texts(values)))})
      WITH ORDINALITY AS t(${sql.join(many.map(({ name }) => sql.ref(name)))}, position)`;
}

/** A value that is sent once is a parameter of its type, which Postgres reads once and not for each row. */
const readAs = ({ name, type, text }: Column, given: () => RawBuilder<unknown>): RawBuilder<unknown>[] => [
  sql`${given()}::${sql.raw(type)} AS ${sql.ref(name)}`,
  ...(text === undefined ? [] : [sql`${given()}::text AS ${sql.ref(text)}`]),
];

/** Lines are faster; an array holds any values. */
const texts = (values: readonly Value[]): RawBuilder<unknown> =>
  values.every(isLine) ? textLines(values) : sql`unnest(${values}::text[])`;

const isLine = (value: Value): boolean => typeof value !== 'string' || (value !== '' && !value.includes('\n'));

/** Ids as an array. They need no escaping, which the driver would do id by id. */
export const idArray = (ids: readonly string[]): RawBuilder<unknown> => sql`${`{${ids.join(',')}}`}::uuid[]`;
