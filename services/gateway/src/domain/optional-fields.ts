import { z } from 'zod';

/** Names of the fields of an object, in one text. */
const nameOf = (fields: readonly string[]): string => fields.toSorted().join(' ');

/** Fields that may be absent, though never `undefined`, by the names of all fields of their object. */
type Absent = Map<string, Set<string>>;

/** A field that may be absent and `undefined` is optional in the document already. */
const isNeverUndefined = (schema: unknown): boolean => schema instanceof z.core.$ZodExactOptional;

/**
 * Notes the objects in a schema, or in anything that holds schemas.
 * @throws for two objects with fields of the same names, of which only one may leave a field out: the document has nothing to distinguish them
 */
const note = (value: unknown, found: Absent, seen: Set<object>): void => {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const held = value instanceof z.core.$ZodType ? value._zod.def : value;
  if (value instanceof z.core.$ZodObject) {
    const { shape } = value._zod.def;
    const fields = Object.keys(shape);
    const absent = new Set(fields.filter((field) => isNeverUndefined(shape[field])));
    const known = found.get(nameOf(fields)) ?? absent;
    if (known.symmetricDifference(absent).size > 0)
      throw new Error(`of two objects with the fields ${nameOf(fields)}, one may leave out fields of the other`);
    found.set(nameOf(fields), absent);
  }
  for (const each of Object.values(held)) note(each, found, seen);
};

const isNamed = (value: object): value is { properties: object; required: string[] } =>
  'properties' in value && 'required' in value && Array.isArray(value.required);

const prune = (value: unknown, absent: Absent): void => {
  if (typeof value !== 'object' || value === null) return;
  if (isNamed(value)) {
    const optional = absent.get(nameOf(Object.keys(value.properties)));
    if (optional !== undefined) value.required = value.required.filter((field) => !optional.has(field));
  }
  for (const each of Object.values(value)) prune(each, absent);
};

/**
 * Takes fields that may be absent off the required ones of a document. The library that writes it calls a field required if it may not
 * be `undefined`, which a field made by `exactOptional` may not be either.
 * @param from what the document was made of: anything that holds the schemas
 */
export const releaseOptionalFields = <Document extends object>(document: Document, from: unknown): Document => {
  const absent: Absent = new Map();
  note(from, absent, new Set());
  prune(document, absent);
  return document;
};
