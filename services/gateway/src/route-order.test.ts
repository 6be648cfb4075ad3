import { expect, test } from 'vitest';
import { routes } from './routes/index.ts';

const matcherOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);

test('a route comes before every route that would match its path too', () => {
  const hidden = routes.flatMap((route, index) =>
    routes
      .slice(0, index)
      .filter(({ method, path }) => method === route.method && matcherOf(path).test(route.path))
      .map(({ path }) => `${route.method} ${route.path} is matched by ${path}: move it before that route`),
  );
  expect(hidden).toEqual([]);
});
