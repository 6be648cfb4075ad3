import type { RequestOutput } from '@arcadia/contracts';
import type { HttpContext } from './context.ts';
import { type ListPath, lists } from './lists.ts';

/** A page of the list at this address: with the filters, the order and the cursor of the address, and with the number of all rows. */
export const readList = <Path extends ListPath>(
  c: HttpContext,
  path: Path,
  { limit }: { limit?: number } = {},
): Promise<RequestOutput<(typeof lists)[Path]['contract']>> => {
  const query = c.req.query();
  const { contract, input } = lists[path];
  const given = Object.entries({ ...input(query), cursor: query['cursor'] }).filter(([, value]) => Boolean(value));
  const asked = { ...Object.fromEntries(given), total: 'true', ...(limit === undefined ? {} : { limit }) };
  return c.get('api').request(contract, asked as never) as Promise<RequestOutput<(typeof lists)[Path]['contract']>>;
};
