import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  hiddenIn,
  linksIn,
  openConsoleStage,
  operator,
  textOf,
  type Visitor,
} from './src/console-stage.ts';

let stage: ConsoleStage;

beforeAll(async () => {
  stage = await openConsoleStage();
}, 240_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

type Form = { page: string; name: string; action: string; html: string };

/** The kind of a page: its address without ids, numbers and filters. */
const kindOf = (address: string): string => address.replace(/\?.*/, '').replaceAll(/\/[^/]*\d[^/]*/g, '/*');

const formsOn = (page: string, html: string): Form[] =>
  [...html.matchAll(/<form method="post" action="([^"]*)"[^>]* id="form-([^"]+)"[\s\S]*?<\/form>/g)].map(
    ([form, action = '', name = '']) => ({ page, name, action: action.replaceAll('&amp;', '&'), html: form }),
  );

/** Every form that a person meets by following links, once for each kind of page. */
const everyForm = async (visitor: Visitor): Promise<Form[]> => {
  const seen = new Set<string>();
  const forms = new Map<string, Form>();
  const waiting = ['/'];
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    if (seen.has(kindOf(address)) || /^\/assets|\.(csv|pdf)|\/csv$/.test(address)) continue;
    seen.add(kindOf(address));
    const { html } = await visitor.get(address);
    waiting.push(...linksIn(html));
    for (const form of formsOn(address, html)) forms.set(`${kindOf(address)} ${form.name}`, form);
  }
  return [...forms.values()];
};

/** The fields of a form with their types; a list counts as one that has its first choice. */
const fieldsOf = ({ html }: Form): { name: string; type: string; first: string }[] => [
  ...[...html.matchAll(/<input type="(text|date|month|password|radio|checkbox)"([^>]*)>/g)].map(
    ([, type = '', rest = '']) => ({
      name: /name="([^"]*)"/.exec(rest)?.[1] ?? '',
      type,
      first: /value="([^"]*)"/.exec(rest)?.[1] ?? '',
    }),
  ),
  ...[...html.matchAll(/<textarea [^>]*name="([^"]*)"/g)].map(([, name = '']) => ({ name, type: 'text', first: '' })),
  ...[...html.matchAll(/<select [^>]*name="([^"]*)"[^>]*>\s*(?:<option value="([^"]*)")?/g)].map(
    ([, name = '', first = '']) => ({
      name,
      type: 'choice',
      first,
    }),
  ),
];

/** What is typed into every field of a form: what is no value, what is far outside its range, and nothing. */
const typings: readonly Readonly<Record<string, string>>[] = [
  { text: '?!', date: 'soon', month: 'soon', password: '?!' },
  { text: '-99999999999', date: '1900-01-01', month: '1900-01', password: '-' },
  { text: '9'.repeat(300), date: '2999-12-31', month: '2999-12', password: '9' },
  { text: '', date: '', month: '', password: '' },
];

const valuesOf = (form: Form, typing: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(fieldsOf(form).map(({ name, type, first }) => [name, typing[type] ?? first]));

/** The sentences of a refusal. */
const refusalsIn = (html: string): string[] =>
  [...html.matchAll(/<(?:p class="refused"|span class="fault")[^>]*>([\s\S]*?)<\/(?:p|span)>/g)].map(([, text = '']) =>
    textOf(text).trim(),
  );

/** A name of the API, or a part of its language. */
const code = /`|\b[a-z]+(?:_[a-z0-9]+)+\b|\bJSON\b/;

test('no refusal of any form names a field as the API does', async () => {
  const found: string[] = [];
  let refused = 0;
  for (const person of [operator, acme]) {
    const visitor = await stage.signIn(person);
    for (const form of await everyForm(visitor)) {
      if (!fieldsOf(form).some(({ type }) => type in (typings[0] ?? {}))) continue;
      for (const typing of typings) {
        const values = valuesOf(form, typing);
        const answer = await visitor.post(form.action, {
          ...hiddenIn(form.html),
          idempotency_key: crypto.randomUUID(),
          ...values,
        });
        if (answer.status !== 422) continue;
        refused += 1;
        const chosen = [...Object.values(hiddenIn(form.html)), ...Object.values(values)].filter((value) =>
          value.includes('_'),
        );
        for (const sentence of refusalsIn(answer.html)) {
          const text = chosen.reduce((rest, value) => rest.replaceAll(value, ''), sentence);
          if (code.test(text)) found.push(`${form.page} ${form.name}: ${sentence}`);
        }
      }
    }
  }
  expect([...new Set(found)]).toEqual([]);
  expect(refused).toBeGreaterThan(60);
}, 300_000);
