import { hash } from 'node:crypto';
import { canonicalJson, isRefusal, type RequestContract, type RequestInput } from '@arcadia/contracts';
import type { Answer, ServiceContext } from '../kernel/definition.ts';
import { invalidCursor } from '../postgres/page.ts';
import { countedAtMost, countRows } from './count-rows.ts';

type Input = Record<string, unknown>;
type Page = { items: unknown[]; next_cursor: string | null; total?: number | null };

const isList = ({ input, output }: RequestContract): boolean => hasField(input, 'cursor') && hasField(output, 'total');

const hasField = (schema: unknown, name: string): boolean =>
  typeof schema === 'object' && schema !== null && 'shape' in schema && Object.hasOwn(schema.shape as object, name);

/** Which list a cursor is of, and with which filters: a digest, so that the cursor stays short. */
const listOf = ({ name }: RequestContract, input: Input): string => {
  const filters = Object.entries(input).filter(([field]) => !['cursor', 'limit', 'total'].includes(field));
  return hash('sha256', canonicalJson([name, Object.fromEntries(filters)]), 'base64url').slice(0, 12);
};

/**
 * The cursor of a list with these filters, from the key of a row (`encodeCursor`). Lists are given it by the platform; only an answer
 * with the cursor of another list, such as an invoice with the first of its lines, binds it itself.
 */
export const boundCursor = <Contract extends RequestContract>(
  contract: Contract,
  filters: Partial<RequestInput<Contract>>,
  key: string | null,
): string | null => {
  if (key === null) return null;
  return `${listOf(contract, contract.input.parse(filters) as Input)}.${key}`;
};

/**
 * Handles a read. A list's cursor names its list and its filters, and any other cursor is refused. Its total is known where
 * all of it is on one page, and is otherwise counted on request (`total=true`).
 */
export async function handleRead<DB, Config, Request extends { contract: RequestContract; input: unknown }>(
  answer: Answer<DB, Config>,
  request: Request,
  { ctx, withInput }: { ctx: ServiceContext<DB, Config>; withInput: (request: Request, input: Input) => Request },
): Promise<unknown> {
  const { contract } = answer;
  if (answer.kind !== 'read' || !isList(contract)) return answer.handle(request, ctx);
  const input = request.input as Input;
  const of = listOf(contract, input);
  const { cursor } = input as { cursor?: string };
  if (cursor !== undefined && !cursor.startsWith(`${of}.`)) return invalidCursor();
  const key = cursor?.slice(of.length + 1);
  const given = await answer.handle(key === undefined ? request : withInput(request, { ...input, cursor: key }), ctx);
  if (isRefusal(given)) return given;
  const page = given as Page;
  const isWhole = cursor === undefined && page.next_cursor === null;
  // A list that is put together from other services counts itself.
  const isCounted = page.total !== undefined;
  const total = page.total ?? (isWhole ? page.items.length : null);
  return {
    ...page,
    next_cursor: page.next_cursor === null ? null : `${of}.${page.next_cursor}`,
    total: total !== null || isCounted || input['total'] !== true ? total : await counted(),
  };

  function counted(): Promise<number | null> {
    const { cursor: _, ...first } = input;
    const whole = withInput(request, { ...first, limit: countedAtMost });
    return countRows(ctx.db, (db) => answer.handle(whole, { ...ctx, db }));
  }
}
