import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { linkPages } from './links.ts';

test('the links of a list keep filters, and a path of any letters fits into a header', async () => {
  const app = new Hono().get('/tenants/:id/statement', (c) => {
    linkPages(c, { items: [], next_cursor: 'abc' });
    return c.text('');
  });
  const response = await app.request('http://x/tenants/%F0%9F%A6%84/statement?limit=1&cursor=old');
  const path = '/tenants/%F0%9F%A6%84/statement?limit=1';
  expect(response.headers.get('link')).toBe(`<${path}>; rel="first", <${path}&cursor=abc>; rel="next"`);
});
