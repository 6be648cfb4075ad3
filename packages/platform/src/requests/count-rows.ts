import {
  AliasNode,
  IdentifierNode,
  type Kysely,
  type KyselyPlugin,
  LimitNode,
  type OperationNode,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  RawNode,
  SelectionNode,
  SelectQueryNode,
  ValueNode,
} from 'kysely';

/** A list is counted up to this number of rows; a longer one has no total, so that counting costs little on any account. */
export const countedAtMost = 10_000;

/** Thrown instead of the rows of the counted statement, so that its reader stops there. */
class Counted extends Error {
  override readonly name = 'Counted';
  readonly rows: number;
  constructor(rows: number) {
    super(`the list has ${rows} rows`);
    this.rows = rows;
  }
}

/**
 * Counts the rows of a list without a query of its own for each list: `read` reads its first page of `countedAtMost` rows with the
 * given database, which counts the rows of the statement that has this limit (every list reads one row above its limit) instead of
 * returning them. The other statements of `read` run as usual.
 * @returns the number of rows, or null for a list that is longer than `countedAtMost` or whose rows no statement limits
 */
export async function countRows<DB>(
  db: Kysely<DB>,
  read: (counting: Kysely<DB>) => Promise<unknown>,
): Promise<number | null> {
  try {
    await read(db.withPlugin(new CountingPlugin()));
    return null;
  } catch (error) {
    if (error instanceof Counted) return error.rows > countedAtMost ? null : error.rows;
    throw error;
  }
}

class CountingPlugin implements KyselyPlugin {
  readonly #counting = new WeakSet<object>();

  transformQuery({ queryId, node }: PluginTransformQueryArgs) {
    if (!readsThePage(node)) return node;
    this.#counting.add(queryId);
    if (RawNode.is(node)) return RawNode.create(['SELECT count(*) AS rows FROM (', ') AS listed'], [node]);
    // A query of the builder must stay one.
    const listed = SelectQueryNode.createFrom([RawNode.create(['(', ') AS listed'], [node])]);
    const counted = AliasNode.create(RawNode.create(['count(*)'], []), IdentifierNode.create('rows'));
    return SelectQueryNode.cloneWithSelections(listed, [SelectionNode.create(counted)]);
  }

  async transformResult({ queryId, result }: PluginTransformResultArgs) {
    if (!this.#counting.has(queryId)) return result;
    throw new Counted(Number(result.rows[0]?.['rows']));
  }
}

/** True for a statement that limits its rows, or those of a part, to one more than `countedAtMost`. */
const readsThePage = (node: OperationNode): boolean => {
  if (RawNode.is(node))
    return node.parameters.some(
      (part, index) => (/\bLIMIT $/.test(node.sqlFragments[index] ?? '') && isTheLimit(part)) || readsThePage(part),
    );
  const limit = (node as { limit?: OperationNode }).limit;
  return limit !== undefined && LimitNode.is(limit) && isTheLimit(limit.limit);
};

const isTheLimit = (node: OperationNode): boolean => ValueNode.is(node) && node.value === countedAtMost + 1;
