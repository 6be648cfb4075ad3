import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemTypes } from '../src/problems/problem-types.ts';
import { openStage, problemIn, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const get = (path: string, accept: string) => stage.gateway.send(path, { token: null, headers: { accept } });
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test('problem pages: every problem type has a page in HTML and in JSON, without a token', async () => {
  for (const word of Object.keys(problemTypes)) {
    const html = await get(`/problems/${word}`, browser);
    expect([word, html.status, html.headers.get('content-type')]).toEqual([word, 200, 'text/html; charset=UTF-8']);
    const text = await html.text();
    for (const heading of ['Meaning', 'When it occurs', 'What to do']) expect(text).toContain(heading);
    const json = await get(`/problems/${word}`, 'application/json');
    expect(await json.json()).toMatchObject({ type: `/problems/${word}`, status: expect.any(Number) });
  }
});

test('problem pages: the type of a problem leads to its page on the same gateway', async () => {
  const { type, status } = await problemIn(await stage.gateway.send('/api/v1/nothing'));
  const page = await get(new URL(type, stage.gateway.url).pathname, '*/*');
  expect([status, await page.json()]).toMatchObject([404, { type, status: 404 }]);
});

test('problem pages: the index links every type, and an unknown type is a 404', async () => {
  const index = await (await get('/problems', browser)).text();
  for (const word of Object.keys(problemTypes)) expect(index).toContain(`href="/problems/${word}"`);
  expect((await problemIn(await get('/problems/<script>', browser))).type).toBe('/problems/not-found');
});
