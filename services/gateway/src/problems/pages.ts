import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { html, raw } from 'hono/html';
import { z } from 'zod';
import type { HttpEnv } from '../context.ts';
import { responseOf } from '../operation.ts';
import { routes } from '../routes/index.ts';
import { problem } from './problem.ts';
import { isProblemWord, problemGroups, problemType, problemTypes, titleOf, typeUri } from './problem-types.ts';
import type { ProblemWord } from './problem-words.ts';

const explanation = z.object({
  type: z
    .string()
    .meta({ description: 'The `type` of the problems that this page explains.', example: '/problems/not-found' }),
  title: z.string().meta({ description: 'The type in words.', example: 'Not found' }),
  status: z.int().meta({ description: 'The HTTP status of every problem of this type.', example: 404 }),
  meaning: z.string().meta({ description: 'What the type states.' }),
  when: z.string().meta({ description: 'In which situation it is answered.' }),
  remedy: z.string().meta({ description: 'What to do about it.' }),
});
type Explanation = z.infer<typeof explanation>;

/** `/problems/{type}` in the OpenAPI document. */
export const problemOperation = {
  method: 'get' as const,
  path: '/problems/{type}',
  operationId: 'problems.get',
  summary: 'Explain a problem type.',
  description:
    'Without a token, as HTML or JSON by `Accept`. The `type` of every problem is the address of its page; `/problems` lists all.',
  tags: ['problems'],
  security: [],
  request: {
    params: z.object({
      type: z.string().meta({ description: 'The last segment of a problem’s `type`.', example: 'not-found' }),
    }),
  },
  responses: {
    200: {
      description: 'The explanation.',
      content: { 'application/json': { schema: explanation }, 'text/html': { schema: z.string() } },
    },
    404: responseOf(['not-found']),
    500: responseOf(['internal']),
  },
};

const explain = (word: ProblemWord): Explanation => {
  const { status, meaning, when, remedy } = problemType(word);
  return { type: typeUri(word), title: titleOf(word), status, meaning, when, remedy };
};

/** `/problems` and `/problems/<type>`, without a token. */
export const problemPages = (): OpenAPIHono<HttpEnv> => {
  const pages = new OpenAPIHono<HttpEnv>();
  pages.get('/problems', (c) => {
    const words = Object.keys(problemTypes).filter(isProblemWord);
    return wantsHtml(c) ? c.html(indexPage()) : c.json({ items: words.map(explain) });
  });
  pages.get('/problems/:type', (c) => {
    const word = c.req.param('type');
    if (!isProblemWord(word))
      return problem(c, 'not-found', `There is no problem type "${word}"; /problems lists all of them.`);
    return wantsHtml(c) ? c.html(typePage(word)) : c.json(explain(word));
  });
  return pages;
};

const wantsHtml = (c: Context): boolean => {
  c.header('vary', 'Accept', { append: true });
  const supports = ['text/html', 'application/json'];
  return accepts(c, { header: 'Accept', supports, default: 'application/json' }) === 'text/html';
};

const style = `body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 46rem; padding: 0 1rem; color: #1f2933; }
h1 { font-size: 1.6rem; margin-bottom: .25rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code { background: #eef1f4; border-radius: 3px; padding: .1rem .3rem; } a { color: #0b61a4; }
dt { font-weight: 600; margin-top: 1rem; } dd { margin: .1rem 0 0; }
table { border-collapse: collapse; width: 100%; } td, th { border-bottom: 1px solid #d9dee3; padding: .4rem .6rem .4rem 0; text-align: left; vertical-align: top; }`;

const layout = (title: string, content: unknown) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · Arcadia Cloud API</title>
    <style>${raw(style)}</style>
  </head>
  <body>
    ${content}
  </body>
</html>
`;

/** Text with `code` marked, as HTML. */
const marked = (text: string) =>
  text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));

const typePage = (word: ProblemWord) => {
  const { type, title, status, meaning, when, remedy } = explain(word);
  const named = routes.filter(({ contract, problems = [] }) => [...contract.refusals, ...problems].includes(word));
  return layout(
    title,
    html`<p><a href="/problems">All problem types</a> · <a href="/docs">API reference</a></p>
    <h1>${title}</h1>
    <p><code>${type}</code> · HTTP status ${status}</p>
    <dl>
      <dt>Meaning</dt><dd>${marked(meaning)}</dd>
      <dt>When it occurs</dt><dd>${marked(when)}</dd>
      <dt>What to do</dt><dd>${marked(remedy)}</dd>
    </dl>
    ${
      named.length === 0
        ? ''
        : html`<h2>Requests that can return it</h2>
    <ul>${named.map(({ method, path, contract }) => html`<li><code>${method.toUpperCase()} ${path}</code> ${marked(contract.summary)}</li>`)}</ul>`
    }`,
  );
};

const indexPage = () =>
  layout(
    'Problem types',
    html`<p><a href="/docs">API reference</a></p>
    <h1>Problem types</h1>
    <p>Every error of the API is a problem (RFC 9457). Its <code>type</code> is the address of one of these pages.</p>
    ${problemGroups.map(
      ({ title, problems }) => html`<h2>${title}</h2>
    <table>
      <tr><th>Type</th><th>Status</th><th>Meaning</th></tr>
      ${Object.keys(problems)
        .filter(isProblemWord)
        .map(
          (word) =>
            html`<tr><td><a href="${typeUri(word)}">${word}</a></td><td>${problemType(word).status}</td><td>${marked(problemType(word).meaning)}</td></tr>`,
        )}
    </table>`,
    )}`,
  );
