import { expect, test } from 'vitest';
import { composeFile } from './compose.ts';
import { commonSettings, consoleSettings, serviceSettings } from './settings.ts';

const all = [...commonSettings, ...serviceSettings.flatMap(({ settings }) => settings), ...consoleSettings];

test('every setting has a description that ends a sentence', () => {
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(({ description }) => !/^[A-Z`].*\.$/.test(description)).map(({ name }) => name)).toEqual([]);
});

test('a variable that several services read means the same in all of them', () => {
  const meanings = Map.groupBy(all, ({ name }) => name);
  const different = [...meanings].filter(
    ([, settings]) => new Set(settings.map((setting) => JSON.stringify(setting))).size > 1,
  );
  expect(different.map(([name]) => name)).toEqual([]);
});

test('the containers receive every setting of their service', () => {
  const blocks = new Map(
    composeFile()
      .split(/^ {2}(?=[a-z])/m)
      .map((block) => [block.split(':')[0], block]),
  );
  const withConsole = [...serviceSettings, { service: 'console', settings: consoleSettings }];
  const missing = withConsole.flatMap(({ service, settings }) =>
    settings
      .map(({ name }) => name)
      .filter(
        (name) => !/_FILE$|^(GATEWAY|CONSOLE)_(HOST|PORT)$/.test(name) && !blocks.get(service)?.includes(` ${name}: `),
      )
      .map((name) => `${service}: ${name}`),
  );
  expect(missing).toEqual([]);
});
