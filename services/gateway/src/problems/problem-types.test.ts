import * as contracts from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { openApiOfRoutes } from '../openapi.ts';
import { problemWordsOf } from '../operation.ts';
import { routes } from '../routes/index.ts';
import { problemGroups, problemType, problemTypes } from './problem-types.ts';
import { problemsPage } from './problems-page.ts';

type Document = {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string; description?: string }> }>>;
  components: { responses: Record<string, { description: string }> };
};
const document = JSON.parse(JSON.stringify(openApiOfRoutes())) as Document;

/** The words that a response of the document lists, with its reference followed. */
const wordsIn = (response: { $ref?: string; description?: string }): string[] => {
  const name = response.$ref?.split('/').at(-1);
  const text = name === undefined ? response.description : document.components.responses[name]?.description;
  return Array.from((text ?? '').matchAll(/^- \[`([a-z-]+)`\]/gm), ([, word]) => word ?? '');
};

test('problem types: every refusal of every contract has an entry', () => {
  const modules = [
    contracts.inventorySync,
    contracts.metering,
    contracts.invoicing,
    contracts.billingIngest,
    contracts.provisioning,
    contracts.drift,
  ].flatMap((module) => Object.values<unknown>(module));
  const refusals = modules.flatMap((each) =>
    typeof each === 'object' && each !== null && 'refusals' in each && Array.isArray(each.refusals)
      ? (each.refusals as string[])
      : [],
  );
  expect(refusals.length).toBeGreaterThan(100);
  expect(refusals.filter((word) => !Object.hasOwn(problemTypes, word))).toEqual([]);
});

test('problem types: each is in one group, and each can be answered', () => {
  const grouped = problemGroups.flatMap(({ problems }) => Object.keys(problems));
  expect(grouped.toSorted()).toEqual(Object.keys(problemTypes).toSorted());
  const answered = new Set<string>(routes.flatMap(problemWordsOf));
  const ofTheGatewayOnly = ['not-found'];
  expect(grouped.filter((word) => !answered.has(word) && !ofTheGatewayOnly.includes(word))).toEqual([]);
});

test('OpenAPI: every route documents each of its problems under the status with which it is answered, and no others', () => {
  for (const route of routes) {
    const responses = document.paths[route.path]?.[route.method]?.responses ?? {};
    const documented = Object.entries(responses).flatMap(([status, response]) =>
      wordsIn(response).map((word) => `${status} ${word}`),
    );
    const answered = problemWordsOf(route).map((word) => `${problemType(word).status} ${word}`);
    expect([route.method, route.path, documented.toSorted()]).toEqual([route.method, route.path, answered.toSorted()]);
  }
});

test('docs/problems.md explains every problem type', () => {
  const page = problemsPage();
  for (const word of Object.keys(problemTypes)) expect(page).toContain(`| \`${word}\` |`);
});
