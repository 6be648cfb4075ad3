import type { Api } from '@arcadia/gateway-client';
import { type CsvCell, csvText } from '@arcadia/platform';
import { z } from 'zod';
import type { HttpApp, HttpContext } from '../context.ts';
import { unbroken } from '../html/download.ts';
import { type Html, html, none } from '../html/html.ts';
import { address } from '../html/list.ts';
import { type List, type ListPath, lists } from '../lists.ts';
import { countOf } from '../words/names.ts';

type Page = { items: Record<string, unknown>[]; next_cursor: string | null };

/** Each list as a CSV file, with the filters of its page: every row of it, read page by page while the file is sent. */
export const registerListFiles = (app: HttpApp): void => {
  for (const [path, list] of Object.entries(lists)) app.get(`${path}.csv`, (c) => sendFile(c, path, list));
};

/** How many rows a list has, and the link to its file with the same filters. */
export const listAside = (
  path: ListPath,
  query: Readonly<Record<string, string>>,
  { items, total, next_cursor }: { items: readonly unknown[]; total: number | null; next_cursor: string | null },
): Html => {
  const rows = total ?? (next_cursor === null && !query['cursor'] ? items.length : null);
  if (rows === 0) return none;
  return html`<span class="actions"><span class="quiet">${rows === null ? 'more than 10,000' : countOf(rows, 'row')}</span>${fileLink(path, query)}</span>`;
};

/** The link from a list to its file, with the same filters. */
export const fileLink = (path: ListPath, query: Readonly<Record<string, string>>): Html => {
  const { cursor: _, ...filters } = query;
  return html`<a href="${address(`${path}.csv`, filters)}" download>CSV</a>`;
};

const sendFile = async (c: HttpContext, path: string, list: List): Promise<Response> => {
  const input = Object.fromEntries(Object.entries(list.input(c.req.query())).filter(([, value]) => value));
  // The first page is read before anything is sent, so that a refusal is a page and no broken file.
  const first = await pageOf(c.get('api'), list, input, null);
  const name = `${path.slice(1).replaceAll('/', '-')}.csv`;
  return c.newResponse(ReadableStream.from(unbroken(c, chunksOf(c.get('api'), list, { input, first }))), 200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${name}"`,
  });
};

const pageOf = (api: Api, { contract }: List, input: object, cursor: string | null): Promise<Page> =>
  api.request(contract, { ...input, limit: 200, ...(cursor === null ? {} : { cursor }) }) as Promise<Page>;

async function* chunksOf(
  api: Api,
  list: List,
  { input, first }: { input: object; first: Page },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const columns = columnsOf(itemOf(list));
  const encoder = new TextEncoder();
  yield encoder.encode(csvText([columns]));
  let page = first;
  for (;;) {
    if (page.items.length > 0)
      yield encoder.encode(csvText(page.items.map((item) => columns.map((column) => cellOf(item, column)))));
    if (page.next_cursor === null) return;
    page = await pageOf(api, list, input, page.next_cursor);
  }
}

const itemOf = ({ contract }: List): z.ZodType => {
  const items = contract.output instanceof z.ZodObject ? contract.output.shape['items'] : undefined;
  if (!(items instanceof z.ZodArray)) throw new TypeError(`${contract.name} is no list`);
  return items.element as z.ZodType;
};

/** The columns of a row: its fields by the contract, those of an object within it as `owner.tenant_id`. */
const columnsOf = (schema: z.ZodType, prefix = ''): string[] => {
  const inner =
    schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  if (!(inner instanceof z.ZodObject)) return [prefix];
  return Object.entries(inner.shape).flatMap(([name, field]) =>
    columnsOf(field as z.ZodType, prefix === '' ? name : `${prefix}.${name}`),
  );
};

const cellOf = (item: Record<string, unknown>, column: string): CsvCell => {
  const value = column
    .split('.')
    .reduce<unknown>(
      (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : null),
      item,
    );
  if (value === null || value === undefined) return null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : JSON.stringify(value);
};
