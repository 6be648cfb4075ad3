import type { Context } from 'hono';

/** The page that a list answered with, as far as its links need it. */
type Page = { next_cursor: string | null };

/** True for an answer that is a page of a list. */
const isPage = (answer: unknown): answer is Page =>
  typeof answer === 'object' && answer !== null && 'items' in answer && 'next_cursor' in answer;

/**
 * Adds the `Link` header (RFC 8288) to a page of a list: `rel="first"`, and `rel="next"` unless it is the last one. Both keep the
 * filters of the request and are relative to its address.
 */
export const linkPages = (c: Context, answer: unknown): void => {
  if (!isPage(answer)) return;
  const links = [linkTo(c, null, 'first')];
  if (answer.next_cursor !== null) links.push(linkTo(c, answer.next_cursor, 'next'));
  c.header('link', links.join(', '));
};

const linkTo = (c: Context, cursor: string | null, rel: 'first' | 'next'): string => {
  const query = new URLSearchParams(c.req.query());
  query.delete('cursor');
  if (cursor !== null) query.set('cursor', cursor);
  return `<${new URL(c.req.url).pathname}${query.size === 0 ? '' : `?${query}`}>; rel="${rel}"`;
};
