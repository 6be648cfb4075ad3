import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import * as contracts from '../packages/contracts/src/index.ts';
import { type ServiceName, sentRequests } from '../packages/contracts/src/index.ts';

const root = path.resolve(import.meta.dirname, '..');
const services = readdirSync(path.join(root, 'services')).filter((name) =>
  existsSync(path.join(root, 'services', name, 'package.json')),
);
/** The console has no tables and answers no requests on the bus: it has pages instead. */
const withTables = services.filter((name) => name !== 'console');
/** Answered by the gateway from the token alone, without a request on the bus. */
const answeredAtTheEdge = new Set(['getCaller']);
const frame = ['index.ts', 'main.ts', 'service.ts', 'context.ts', 'config.ts', 'answers.ts', 'consumers.ts', 'jobs.ts'];
/** Lists of names beside the frame, where a service has them. */
const lists = ['captures.ts', 'restores.ts'];
const mostUseCasesInOneFolder = 15;

const read = (service: string, file: string): string =>
  readFileSync(path.join(root, 'services', service, 'src', file), 'utf8');

const filesOf = (service: string): string[] =>
  readdirSync(path.join(root, 'services', service, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.test|\.d)\.ts$/.test(file),
  );

/** Tables that every service has are the platform's. */
const platformTables = withTables
  .map(tablesOf)
  .reduce((common, tables) => common.filter((table) => tables.includes(table)));

function tablesOf(service: string): string[] {
  const text = readFileSync(path.join(root, 'services', service, 'src/migrations/schema.txt'), 'utf8');
  return Array.from(text.matchAll(/^TABLE (\w+)$/gm), ([, table = '']) => table);
}

test.each(withTables)(
  'every table of %s returns after a set-back: it is captured or derived (captures.ts)',
  async (service) => {
    const { captures: captured, derivedTables } = (await import(`../services/${service}/src/captures.ts`)) as {
      captures: (string | { table: string })[];
      derivedTables: string[];
    };
    const captures = captured.map((each) => (typeof each === 'string' ? each : each.table));
    const own = tablesOf(service).filter((table) => !platformTables.includes(table) || captures.includes(table));
    expect([...captures, ...derivedTables].toSorted()).toEqual(own.toSorted());
  },
);

test.each(withTables)(
  'every table of %s that a rebuild empties is derived, and one of its consumers writes it',
  async (service) => {
    const folder = `../services/${service}/src`;
    const { derivedTables, projections = {} } = (await import(`${folder}/captures.ts`)) as {
      derivedTables: string[];
      projections?: Record<string, string[]>;
    };
    const { consumers } = (await import(`${folder}/consumers.ts`)) as { consumers: { name: string }[] };
    const names = consumers.map(({ name }) => name);
    expect(Object.keys(projections).filter((name) => !names.includes(name))).toEqual([]);
    expect(
      Object.values(projections)
        .flat()
        .filter((table) => !derivedTables.includes(table)),
    ).toEqual([]);
  },
);

describe.each(withTables)('%s has the one service shape (docs/style.md)', (service) => {
  const files = filesOf(service);

  test('its frame is complete', () => {
    expect(frame.filter((file) => !files.includes(file))).toEqual([]);
    expect(files).toContain(path.join('store', 'schema.ts'));
  });

  test('service.ts lists pairs and holds no body', () => {
    const text = read(service, 'service.ts');
    expect(text).toMatch(/export const service = defineService\(\{/);
    expect(text.match(/=>|\bfunction\b|\bawait\b|\bnew\b/g) ?? []).toEqual([]);
  });

  test('answers.ts pairs each contract with its handler', () => {
    const bodies = read(service, 'answers.ts').match(/=>|\bfunction\b|\bawait\b/g) ?? [];
    expect(bodies).toEqual([]);
  });

  test('answers.ts answers every request that its contracts define', () => {
    const folder = path.join(root, 'packages', 'contracts', 'src', service);
    const defined = readdirSync(folder).flatMap((file) =>
      Array.from(
        readFileSync(path.join(folder, file), 'utf8').matchAll(/^export const (\w+) = defineRequest\(/gm),
        ([, name = '']) => name,
      ),
    );
    const text = read(service, 'answers.ts');
    const unanswered = defined.filter((name) => !answeredAtTheEdge.has(name) && !new RegExp(`\\.${name},`).test(text));
    expect(unanswered, 'pair each with its handler: `answer(contract, handler)`').toEqual([]);
    expect(defined).not.toEqual([]);
  });

  test('consumers.ts pairs each consumer with its handler', () => {
    expect(read(service, 'consumers.ts').match(/=>|\bfunction\b|\bawait\b/g) ?? []).toEqual([]);
  });

  test('context.ts binds tables and config once, under the common names', () => {
    const text = read(service, 'context.ts');
    expect(text).toMatch(/export type Context = /);
    expect(text).toMatch(/export type Tx = /);
    expect(text).toMatch(/= forService<Tables, Config>\(\);/);
    expect(read(service, 'config.ts')).toMatch(/export (type|interface) Config\b/);
    expect(read(service, 'config.ts')).toMatch(/export (const|function) parseConfig\b/);
    expect(read(service, path.join('store', 'schema.ts'))).toMatch(/export (type|interface) Tables\b/);
    const binders = files.filter((file) => file !== 'context.ts' && /\bforService\b/.test(read(service, file)));
    expect(binders).toEqual([]);
  });

  test('it sends the requests that nats-server lets it send, and no others', () => {
    const sent = files.flatMap((file) =>
      Array.from(read(service, file).matchAll(/\bctx\.request(?:Stream)?\(\s*(\w+\.\w+)/g), ([, name = '']) => name),
    );
    const allowed = sentRequests[service as ServiceName].map(({ name }) => name);
    const names = sent.map((path) => {
      const [module = '', request = ''] = path.split('.');
      const found = (contracts as unknown as Record<string, Record<string, { name: string }>>)[module]?.[request];
      return found?.name ?? `${path} is no contract`;
    });
    // The gateway passes on every request of a person, so that it may send more than it names.
    const unused = service === 'gateway' ? [] : allowed.filter((name) => !names.includes(name));
    const unlisted = names.filter((name) => !allowed.includes(name));
    expect({ unlisted, unused }, 'list them in sentRequests of packages/contracts').toEqual({
      unlisted: [],
      unused: [],
    });
  });

  test('SQL is written in store/ and migrations/ alone', () => {
    const query = /\bsql`|\.(selectFrom|insertInto|updateTable|deleteFrom|mergeInto|replaceInto)\(/;
    const strays = files.filter((file) => !/^(store|migrations)\//.test(file) && query.test(read(service, file)));
    expect(strays).toEqual([]);
  });

  test('use cases lie in folders by noun where there are more than fifteen', () => {
    const useCases = files.filter((file) => !file.includes(path.sep) && ![...frame, ...lists].includes(file));
    expect(useCases.length).toBeLessThanOrEqual(mostUseCasesInOneFolder);
  });

  test('nothing is typed away', () => {
    const loose = files.filter((file) => /\bas any\b|: any\b|<any\b|as unknown as/.test(read(service, file)));
    expect(loose).toEqual([]);
  });
});
