import { setTimeout as delay } from 'node:timers/promises';
import { openRaw, type RawAnswer } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, operator, type Stage, tokenOf } from './stage.ts';

let stage: Stage;
let token: string;
beforeAll(async () => {
  stage = await openStage({ env: { REQUEST_TIMEOUT_MS: '1500' } });
  token = await tokenOf(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

const send = async (text: string): Promise<RawAnswer> => {
  using connection = await openRaw(stage.gateway.url);
  return await connection.send(Buffer.from(text, 'latin1'));
};

/** The type and the detail of a problem, which must agree with its answer. */
const problemOf = ({ status, headers, body }: RawAnswer): { status: number; type: string; detail: string } => {
  expect(headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(body.toString()) as Record<string, unknown>;
  expect([problem['status'], problem['request_id']]).toEqual([status, headers.get('x-request-id')]);
  return { status, type: String(problem['type']), detail: String(problem['detail']) };
};

const head = (line: string, ...headers: string[]): string =>
  `${[line, 'Host: gateway', `Authorization: Bearer ${token}`, ...headers].join('\r\n')}\r\n\r\n`;
const post = (...headers: string[]): string =>
  head('POST /api/v1/deployments HTTP/1.1', 'Content-Type: application/json', ...headers);

test('a method without a body does not wait for the body that its headers announce', async () => {
  for (const framing of ['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Content-Length: 900']) {
    const sent = performance.now();
    const answer = problemOf(await send(head('DELETE /api/v1/alerts/x HTTP/1.1', framing)));
    expect(answer).toMatchObject({ status: 400, detail: expect.stringContaining('DELETE takes no body') });
    expect(performance.now() - sent).toBeLessThan(1_000);
  }
});

test('what is not HTTP is answered with a problem, and its connection is closed', async () => {
  const usage = 'GET /api/v1/usage HTTP/1.1';
  const requests: Record<string, [text: string, status: number, type: string]> = {
    rubbish: ['\0\0\0\r\n\r\n', 400, 'bad-request'],
    'an unknown method': ['FETCH /api/v1/usage HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad-request'],
    'a header with a space in its name': [head(usage, 'X Bad: 1'), 400, 'bad-request'],
    'a header with a control character': [head(usage, 'X-Bad: a\u0001b'), 400, 'bad-request'],
    'a folded header': [head(usage, 'X-Bad: a\r\n b'), 400, 'bad-request'],
    'a header that is too long': [head(usage, `X-Long: ${'x'.repeat(20_000)}`), 431, 'headers-too-large'],
    'too many headers': [
      head(usage, ...Array.from({ length: 2_000 }, (_, n) => `X-${n}: 1`)),
      431,
      'headers-too-large',
    ],
    'an address that is too long': [
      `GET /api/v1/usage?q=${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    'two lengths': [post('Content-Length: 2', 'Content-Length: 3'), 400, 'bad-request'],
    'a length and chunks': [post('Content-Length: 2', 'Transfer-Encoding: chunked'), 400, 'bad-request'],
    'a chunk without a size': [`${post('Transfer-Encoding: chunked')}x\r\n`, 400, 'bad-request'],
  };
  for (const [what, [text, status, type]] of Object.entries(requests)) {
    const answer = await send(text);
    expect([what, problemOf(answer)]).toEqual([
      what,
      { status, type: `/problems/${type}`, detail: expect.stringMatching(/[a-z]+ [a-z]+.*[a-z]\.$/) },
    ]);
    expect([what, answer.headers.get('connection')]).toEqual([what, 'close']);
  }
});

test('an address or a Host that cannot be read is answered with a problem that names what to correct', async () => {
  const line = (target: string): string => head(`GET ${target} HTTP/1.1`);
  for (const text of [
    'GET /api/v1/usage HTTP/1.1\r\n\r\n',
    'GET /api/v1/usage HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET /api/v1/usage HTTP/1.1\r\nHost: [::1\r\n\r\n',
    line('/api\\v1\\usage'),
    line('/api/v1/usage%ff'),
    line('/api/v1/usage?deployment_id=%c0%af'),
    line('/api/v1/usage?deployment_id=%'),
    line('/api/v1/usage?deployment_id=a%00b'),
    line('http://[::1/api/v1/usage'),
  ]) {
    const { status, detail } = problemOf(await send(text));
    expect([text.slice(0, 60), status, detail]).toEqual([
      text.slice(0, 60),
      400,
      expect.stringMatching(/; [a-z]+ .*\.$/),
    ]);
  }
  expect((await send('GET /api/health HTTP/1.0\r\n\r\n')).status).toBe(200);
});

test('headers and bodies that arrive too slowly get a 408, and their connections do not stay', async () => {
  const slow = [
    head('GET /api/v1/usage HTTP/1.1').slice(0, -2),
    `${post('Content-Length: 1000')}{`,
    `${post('Transfer-Encoding: chunked')}1\r\n{\r\n`,
  ];
  const answers = slow.map(async (text) => {
    using connection = await openRaw(stage.gateway.url);
    const answer = await connection.send(Buffer.from(text), { withinMs: 15_000 });
    await expect.poll(connection.isOpen).toBe(false);
    return problemOf(answer);
  });
  for (const answer of await Promise.all(answers))
    expect(answer).toMatchObject({ status: 408, type: '/problems/too-slow' });
});

test('a body without end is cut off: at once for a caller without a token, and at the limit otherwise', async () => {
  const chunk = Buffer.from(`4000\r\n${' '.repeat(0x4000)}\r\n`);
  const pour = async (request: string): Promise<{ status: number; chunks: number }> => {
    using connection = await openRaw(stage.gateway.url);
    const answer = connection.send(Buffer.from(request));
    let chunks = 0;
    for (; connection.isOpen() && chunks < 4_000; chunks += 1) {
      connection.write(chunk);
      await delay(1);
    }
    return { status: (await answer).status, chunks };
  };
  const known = await pour(post('Transfer-Encoding: chunked'));
  expect(known).toEqual({ status: 413, chunks: expect.toSatisfy((count: number) => count < 4_000) });
  const unknown = await pour(post('Transfer-Encoding: chunked').replace(token, 'a.b.c'));
  expect(unknown).toEqual({ status: 401, chunks: expect.toSatisfy((count: number) => count < 4_000) });
});

test('a body that is refused unread leaves a connection on which the next request is answered', async () => {
  using connection = await openRaw(stage.gateway.url);
  const refused = [
    post('Content-Encoding: gzip', 'Content-Length: 70000').concat('x'.repeat(70_000)),
    head('GET /api/v1/usage HTTP/1.1', 'Content-Length: 7').concat('{"a":1}'),
    head('DELETE /api/v1/alerts/0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60 HTTP/1.1', 'Content-Length: 7').concat('{"a":1}'),
  ];
  for (const text of refused) {
    const { status } = problemOf(await connection.send(Buffer.from(text)));
    expect([400, 415]).toContain(status);
    expect((await connection.send(Buffer.from(head('GET /api/v1/usage HTTP/1.1')))).status).toBe(200);
    // Longer than the time after which a connection with an unread body is destroyed.
    await delay(700);
    expect((await connection.send(Buffer.from(head('GET /api/v1/usage HTTP/1.1')))).status).toBe(200);
  }
});
