import type { Json } from '@arcadia/contracts';

/** Fields with their values as people type them, one in a line: `size_slug: s-2vcpu-4gb`. `fieldsIn` reads the same lines. */
export const fieldLines = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join('\n');

/** A text is written as it is, unless it would be read as another kind of value. */
const valueText = (value: unknown): string =>
  typeof value === 'string' && valueIn(value) === value && value.trim() === value && !value.includes('\n')
    ? value
    : JSON.stringify(value);

/** A value: JSON where it is written as JSON writes it, else the text itself. */
const valueIn = (text: string): Json => {
  if (text === '') return text;
  try {
    const value = JSON.parse(text) as Json;
    // A number with other digits, such as 1.50, is a text: it would not be the same once it is written again.
    return typeof value === 'number' && String(value) !== text ? text : value;
  } catch {
    return text;
  }
};

/** The fields in lines as `fieldLines` writes them, or the sentence about the first line that cannot be read. */
export const fieldsIn = (text: string): Record<string, Json> | string => {
  const fields: Record<string, Json> = {};
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const [, name, value] = /^([a-z][a-z0-9_]{0,62})\s*:\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      return `Line ${index + 1}, “${line}”, is no field with a value, such as size_slug: s-2vcpu-4gb.`;
    if (Object.hasOwn(fields, name)) return `Line ${index + 1}: ${name} is there twice.`;
    fields[name] = valueIn(value);
  }
  return Object.keys(fields).length === 0 ? 'Enter at least one field.' : fields;
};
