import { AwsClient } from 'aws4fetch';
import { afterAll, expect, test } from 'vitest';
import { faultOfSignature } from './check-signature.ts';
import { startBucketServer } from './index.ts';

const server = await startBucketServer({ buckets: ['finops'] });
afterAll(() => server.stop());

const clientWith = (changed: { accessKeyId?: string; secretAccessKey?: string; region?: string } = {}) =>
  new AwsClient({
    ...{ accessKeyId: server.accessKey, secretAccessKey: server.secretKey, region: server.region, ...changed },
    ...{ service: 's3', retries: 0 },
  });
const digestOf = async (body: string) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))).toString('hex');
const put = async (client: AwsClient, path: string, body: string, digest?: string) =>
  client.fetch(`${server.url}/${path}`, {
    ...{ method: 'PUT', body },
    headers: { 'x-amz-content-sha256': digest ?? (await digestOf(body)) },
  });

test('the example of Amazon’s specification has the signature that the specification gives', () => {
  // "Authenticating Requests: Using the Authorization Header", example "PUT Object".
  const digest = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
  const headers = {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': digest,
    'x-amz-date': '20130524T000000Z',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  };
  const keys = {
    accessKey: 'AKIAIOSFODNN7EXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
  };
  const request = { method: 'PUT', path: '/test%24file.text', query: new URLSearchParams(), headers, digest };
  const now = new Date('2013-05-24T00:00:00Z');
  expect(faultOfSignature(request, keys, now)).toBeNull();
  expect(faultOfSignature({ ...request, path: '/other' }, keys, now)).toBe('SignatureDoesNotMatch');
});

test('an object is kept, and a repetition overwrites it', async () => {
  for (const text of ['one', 'another']) {
    const response = await put(clientWith(), 'finops/a=b/~c.csv', text);
    expect(response.status).toBe(200);
  }
  expect(server.objects('finops')).toMatchObject([{ key: 'a=b/~c.csv', size: 7 }]);
  expect(String(await server.read('finops', 'a=b/~c.csv'))).toBe('another');
});

test.each([
  ['another secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
  ['another key', { accessKeyId: 'wrong' }, 'InvalidAccessKeyId'],
  ['another region', { region: 'us-east-1' }, 'AuthorizationHeaderMalformed'],
])('a request with %s is refused', async (_, changed, code) => {
  const response = await put(clientWith(changed), 'finops/refused', 'x');
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining(code)]);
});

test('a body that is not the signed one is refused, and so is an unknown bucket and a request without a signature', async () => {
  const changed = await put(clientWith(), 'finops/refused', 'x', await digestOf('y'));
  expect(await changed.text()).toContain('XAmzContentSHA256Mismatch');
  expect((await put(clientWith(), 'unknown/refused', 'x')).status).toBe(404);
  expect((await fetch(`${server.url}/finops/refused`, { method: 'PUT', body: 'x' })).status).toBe(403);
  expect(server.objects('finops').map(({ key }) => key)).not.toContain('refused');
});
