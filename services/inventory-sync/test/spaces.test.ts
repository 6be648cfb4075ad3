import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { describeBuckets } from '../src/clients/spaces.ts';

type Answer = { status?: number; body: string };

/** A bucket store that answers each request target with a text made by the test. */
async function serveSpaces(answers: Record<string, Answer>) {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://spaces');
    const token = url.searchParams.get('continuation-token');
    const target = token === null ? url.pathname : `${url.pathname}?${token}`;
    targets.push(target);
    const { status = 200, body } = answers[target] ?? { status: 404, body: '' };
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    targets,
    describe: () =>
      describeBuckets({ key: 'k', secret: 's', endpoint, regions: ['syd1'] }, new AbortController().signal),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const bucketsOf = (...names: string[]): Answer => ({
  body: `<?xml version="1.0"?><ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>1</ID></Owner><Buckets>${names
    .map((name) => `<Bucket><Name>${name}</Name><CreationDate>2026-02-01T00:00:00.000Z</CreationDate></Bucket>`)
    .join('')}</Buckets></ListAllMyBucketsResult>`,
});

test('spaces: a bucket has the exact total of all pages, whatever its name, object keys and tokens look like', async () => {
  const object = (key: string, size: string) => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`;
  await using spaces = await serveSpaces({
    '/': bucketsOf('007', 'empty'),
    '/007': {
      body: `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>${object('&lt;Size&gt;5&lt;/Size&gt;', '9007199254740993')}</ListBucketResult>`,
    },
    '/007?a&b==': {
      body: `<ListBucketResult><IsTruncated>false</IsTruncated>${object('<![CDATA[<Size>7</Size>]]>', '1')}</ListBucketResult>`,
    },
    '/empty': { body: '<ListBucketResult><Name>empty</Name><IsTruncated>false</IsTruncated></ListBucketResult>' },
  });
  const described = await spaces.describe();
  expect(spaces.targets).toEqual(['/', '/007', '/007?a&b==', '/empty']);
  // 9,007,199,254,740,994 bytes, which a JavaScript number cannot add.
  expect(described.get('007')?.attrs).toEqual({ size_gb: '8388608.000000002', objects: 2 });
  expect(described.get('007')?.createdAt).toBe('2026-02-01T00:00:00Z');
  expect(described.get('empty')?.attrs).toEqual({ size_gb: '0', objects: 0 });
});

test('spaces: an account without buckets has none', async () => {
  await using spaces = await serveSpaces({
    '/': { body: '<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>' },
  });
  expect(await spaces.describe()).toEqual(new Map());
});

test.each([
  [
    'a refusal',
    { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    /GET .+: the bucket store answered 403 \(AccessDenied\)/,
  ],
  ['a page from the edge', { body: '<html><body>Down</body></html>' }, /ListAllMyBucketsResult/],
  ['a truncated answer', { body: '<ListAllMyBucketsResult><Buckets><Bucket><Na' }, /did not answer with XML/],
  ['an answer that is not XML', { body: '{"buckets":[]}' }, /did not answer with XML/],
])('spaces: %s fails the listing instead of showing no buckets', async (_, answer, message) => {
  await using spaces = await serveSpaces({ '/': answer });
  await expect(spaces.describe()).rejects.toThrow(message);
});

test('spaces: a truncated listing that names no next page fails', async () => {
  await using spaces = await serveSpaces({
    '/': bucketsOf('files'),
    '/files': { body: '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>' },
  });
  await expect(spaces.describe()).rejects.toThrow('The listing of bucket files is truncated and names no next page.');
});
