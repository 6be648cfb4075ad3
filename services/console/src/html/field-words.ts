import { type RequestContract, usageKinds } from '@arcadia/contracts';
import { z } from 'zod';
import { inSentence, inWords, kindInWords } from '../words/names.ts';

/** A form as far as its refusals need it: what it sends, and the labels of its fields. */
export type Labelled = {
  sends: Partial<Pick<RequestContract, 'input'>>;
  fields: readonly { name: string; label: string }[];
};

/** What was typed, and the field of the form that a pointer of the API names. */
export type Sent = { values: Readonly<Record<string, string>>; fieldOf?: ((pointer: string) => string) | undefined };

type Schema = {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
};

const namesOf = (schema: unknown): string[] => {
  if (Array.isArray(schema)) return schema.flatMap(namesOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as Schema;
  return [...Object.keys(properties), ...namesOf(Object.values(properties)), ...namesOf(Object.values(rest))];
};

const known = new WeakMap<object, ReadonlySet<string>>();

/** Every name of a field in a command's input, at any depth. */
const inputNames = ({ input }: Labelled['sends']): ReadonlySet<string> => {
  if (input === undefined) return new Set();
  const names =
    known.get(input) ??
    new Set(namesOf(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any', reused: 'inline' })));
  known.set(input, names);
  return names;
};

/** A text in backticks, or a name with underscores. */
const code = /`([^`]+)`|\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b/g;

/**
 * A sentence of the API in the words of a form: the name of a field becomes the label under which the person sees it. What the person
 * typed or chose stays as it is.
 */
export const inFieldWords = (text: string, form: Labelled | null, { values, fieldOf }: Sent): string =>
  text.replaceAll(code, (found: string, quoted: string | undefined) => {
    const token = quoted ?? found;
    const name = token.match(/^(?:[a-z0-9_]+(?:\[\])?\.)*([a-z][a-z0-9_]*)$/)?.[1];
    if (name === undefined) return token;
    const own = form?.fields.find((field) => field.name === name);
    if (own !== undefined) return `“${own.label}”`;
    if (quoted === undefined && isTyped(token, values)) return token;
    if (form !== null && inputNames(form.sends).has(name)) {
      const named = fieldOf?.(`/${name}`);
      const mapped = form.fields.find((field) => field.name === named);
      if (mapped !== undefined) return `“${mapped.label}”`;
    }
    return inSentence(Object.hasOwn(usageKinds, name) ? kindInWords(name) : inWords(name));
  });

const isTyped = (token: string, values: Sent['values']): boolean =>
  Object.values(values).some((value) => value.includes(token));
