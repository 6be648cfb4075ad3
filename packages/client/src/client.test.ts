import { expect, test } from 'vitest';
import { addressOf, createClient, ProblemError } from './index.ts';

type Sent = { method: string; url: string; headers: Record<string, string>; body: string | null };

/** A client whose requests are answered by these, one after the other. */
const clientOf = (...answers: (Response | Error)[]) => {
  const sent: Sent[] = [];
  const client = createClient({
    url: 'https://api.example',
    token: 'secret',
    fetch: async (url, init = {}) => {
      const { method = 'GET', headers, body } = init;
      const given = Object.fromEntries(new Headers(headers).entries());
      sent.push({ method, url: String(url), headers: given, body: typeof body === 'string' ? body : null });
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer is left');
      return answer;
    },
  });
  return { client, sent };
};
const busy = () => new Response('{}', { status: 503, headers: { 'retry-after': '0' } });

test('the fields of a path are filled in, the rest is the query of a read and the body of a command', () => {
  expect(addressOf('invoices.list-lines', { invoice_id: 'a/b', limit: 2 })).toEqual({
    method: 'GET',
    path: '/api/v1/invoices/a%2Fb/lines?limit=2',
  });
  const { method, path, body } = addressOf('billing-profiles.put', { tenant_id: 'acme', name: 'Acme' });
  expect([method, path, body]).toEqual(['PUT', '/api/v1/tenants/acme/billing-profile', { name: 'Acme' }]);
});

test('a command that is sent again keeps its idempotency key', async () => {
  const { client, sent } = clientOf(busy(), new TypeError('fetch failed'), Response.json({ tenant_id: 'acme' }));
  await client.call('tenants.create', { tenant_id: 'acme', name: 'Acme' });
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  expect(sent[0]?.headers['authorization']).toBe('Bearer secret');
});

test('a refusal is an error with its word, and is not sent again', async () => {
  const problem = { type: '/problems/not-found', detail: 'There is no tenant acme.' };
  const { client, sent } = clientOf(Response.json(problem, { status: 404 }));
  const error = await client.call('tenants.get', { tenant_id: 'acme' }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ status: 404, word: 'not-found', detail: 'There is no tenant acme.' });
  expect(sent).toHaveLength(1);
});

test('a command that waits for a second person is an error with the approval', async () => {
  const { client } = clientOf(new Response('{}', { status: 202, headers: { location: '/api/v1/approvals/one' } }));
  const error = await client
    .call('sagas.start', { kind: 'echo', inputs: {} } as never)
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'ApprovalNeeded', approvalId: 'one' });
});

test('the items of a list are read page by page', async () => {
  const page = (ids: string[], next_cursor: string | null) =>
    Response.json({ items: ids.map((tenant_id) => ({ tenant_id })), next_cursor, total: null });
  const { client, sent } = clientOf(page(['a', 'b'], 'next'), page(['c'], null));
  const ids: string[] = [];
  for await (const { tenant_id } of client.each('tenants.list', { q: 'x' })) ids.push(tenant_id);
  expect(ids).toEqual(['a', 'b', 'c']);
  expect(sent.map(({ url }) => new URL(url).searchParams.get('cursor'))).toEqual([null, 'next']);
});
