import type { RequestContract } from '@arcadia/contracts';
import { parameterNames } from './operation.ts';

/** How long a caller waits before it looks at work that was accepted (202), in seconds. */
export const lookAgainSeconds = 2;

/**
 * The address of what a command created or accepted, for the header `Location`: a path whose parameters are fields of the answer, or
 * else of the input. Throws when a field is missing, which is a mistake in the table of routes.
 */
export const locationOf = (template: string, answer: object, input: object): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value: unknown = Reflect.get(answer, name) ?? Reflect.get(input, name);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new TypeError(`${template}: neither the answer nor the input has ${name}`);
    return encodeURIComponent(String(value));
  });

/** The fields that a location needs and that the contract has neither in its output nor in its input. */
export const missingFields = (template: string, { input, output }: RequestContract): string[] => {
  const has = (schema: unknown, name: string): boolean =>
    typeof schema === 'object' && schema !== null && 'shape' in schema && Object.hasOwn(schema.shape as object, name);
  return parameterNames(template).filter((name) => !has(output, name) && !has(input, name));
};
