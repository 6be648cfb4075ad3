import { openApiOfRoutes } from '@arcadia/gateway';

/** The OpenAPI document that the gateway serves, as text with one line for each operation, so that a diff shows the changed operations. */
export const openApiText = (): string => {
  const { paths, ...rest } = openApiOfRoutes();
  const lines = Object.entries(paths ?? {}).map(([path, operations]) => {
    const each = Object.entries(operations ?? {}).map(
      ([method, operation]) => `${JSON.stringify(method)}: ${JSON.stringify(operation)}`,
    );
    return `    ${JSON.stringify(path)}: {\n      ${each.join(',\n      ')}\n    }`;
  });
  const head = JSON.stringify(rest, null, 2).replace(/\n}$/, '');
  return `${head},\n  "paths": {\n${lines.join(',\n')}\n  }\n}\n`;
};
