import { sql } from 'kysely';
import pg from 'pg';
import { tracedStatement } from '../kernel/tracing.ts';

const steadyMark = '/* steady */';

/** The mark is at the beginning, or after the first word, where a query builder puts it (`modifyFront`). */
const isSteady = (text: string): boolean => /^([a-z]+ )?\/\* steady \*\//.test(text);

/**
 * Marks, at its beginning, a statement whose best plan does not depend on its arguments, such as one about a single tenant or
 * row: it is prepared once per connection, and soon planned once too. Not for arguments that are sets of any size, because the
 * best plan depends on their size, and not for `SELECT *`, because a new column invalidates the plan.
 */
export const steady = sql.raw(`${steadyMark} `);

/** Names of prepared statements by their text. Marked statements are written in the source, so their number is limited. */
const steadyNames = new Map<string, string>();

const steadyName = (text: string): string => {
  const name = steadyNames.get(text) ?? `steady_${steadyNames.size + 1}`;
  steadyNames.set(text, name);
  return name;
};

const unawaitedMark = '/* unawaited */';

/**
 * Marks, at its end, a statement of a transaction of which nothing is read: it is sent together with the next statement or the
 * commit, which fails with its error; a rollback drops it. Its values are texts, numbers and the like, or arrays of them, and do not change
 * afterwards. Outside a transaction the mark has no effect. Not for handlers of consumers: a message that fails returns to a savepoint, which
 * would then fail too.
 */
export const unawaited = sql.raw(` ${unawaitedMark}`);

const isBegin = (text: string): boolean => text === 'begin' || text.startsWith('start transaction');
const isEnd = (text: string): boolean => text === 'commit' || text === 'rollback';

/** What the driver can always send. It refuses some objects by itself, and Postgres would then commit without the statement. */
const isSendable = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.every(isSendable)
    : typeof value !== 'object' || value === null || value instanceof Uint8Array;

type Result = Pick<pg.QueryResult, 'command' | 'rowCount' | 'rows'>;

const resultOf = (command: string): Result => ({ command, rowCount: null, rows: [] });

/**
 * A session that prepares marked statements, and spares round trips, each of which costs more than most statements: the beginning of
 * a transaction and statements that nothing waits for are sent with the one after them.
 */
export class SessionClient extends pg.Client {
  /** True between the beginning of a transaction and its end. */
  #isInTransaction = false;
  /** The beginning of the transaction and statements that are not sent yet, in their order. */
  #unsent: unknown[][] = [];

  // The driver accepts many forms of arguments; Kysely passes a text with its values.
  override query(...given: unknown[]): never {
    const [text] = given;
    if (typeof text !== 'string') return super.query(...(given as [string])) as never;
    if (isBegin(text)) this.#isInTransaction = true;
    if (isBegin(text) || (this.#isInTransaction && text.endsWith(unawaitedMark))) {
      if (!isSendable(given[1]))
        throw new TypeError('a statement that nothing waits for has a value that is an object');
      this.#unsent.push(given);
      return Promise.resolve(resultOf('')) as never;
    }
    return (isEnd(text) ? this.#end(text) : this.#send(given)) as never;
  }

  async #end(text: string): Promise<Result> {
    this.#isInTransaction = false;
    const [first] = this.#unsent;
    const isKnown = first === undefined || !isBegin(String(first[0]));
    if (text === 'rollback' || (!isKnown && this.#unsent.length === 1)) this.#unsent = [];
    // Postgres knows nothing of a transaction that ends before its beginning was sent.
    return isKnown || this.#unsent.length > 0 ? await this.#send([text]) : resultOf(text.toUpperCase());
  }

  /** Sends a statement after those that are not sent yet; what is sent in one turn goes in one write. */
  #send(given: unknown[]): Promise<Result> {
    const { stream } = this.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    const before = this.#unsent;
    if (before.length === 0) return this.#sendAlone(given);
    this.#unsent = [];
    return lastOf([...before, given].map((each) => this.#sendAlone(each)));
  }

  #sendAlone([text, values, ...rest]: unknown[]): Promise<Result> {
    const statement = String(text);
    const all = isSteady(statement)
      ? [{ name: steadyName(statement), text, values }, ...rest]
      : [text, values, ...rest];
    return tracedStatement(statement, () => super.query(...(all as [string])) as Promise<Result>);
  }
}

/** The result of the last statement, or the first error of all: it is the cause of those after it. */
async function lastOf(sent: readonly Promise<Result>[]): Promise<Result> {
  const all = await Promise.allSettled(sent);
  for (const each of all) if (each.status === 'rejected') throw each.reason;
  return (await sent.at(-1)) as Result;
}
