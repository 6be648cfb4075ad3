import { createHash } from 'node:crypto';
import { z } from 'zod';

/** An instant in UTC, e.g. `2026-04-01T00:00:00Z`; kept as canonical text. */
export const instant = z.string().transform((text, context) => {
  try {
    return Temporal.Instant.from(text).toString();
  } catch {
    context.addIssue({ code: 'custom', message: `"${text}" is not an instant such as 2026-04-01T00:00:00Z` });
    return z.NEVER;
  }
});

/** An exact decimal as text. A JSON number is allowed for convenience and stands for its shortest text. */
export const decimal = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => /^-?\d+(\.\d+)?$/.test(text), { error: 'expected a decimal such as "12.50"' });

/** A name or an id of an object elsewhere in the world. */
export const reference = z.union([z.string().min(1), z.number().int()]).transform(String);

/** A calendar month, `2026-04`. */
export const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, { error: 'expected a month such as 2026-04' });

export const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, {
  error: 'expected a UUID',
});

export const tags = z.array(z.string().regex(/^[\w:-]+$/, { error: 'a tag holds letters, digits and : - _ only' }));

/** A UUID derived from texts, equal on every machine and in every run. */
export function derivedUuid(...words: string[]): string {
  const hex = createHash('sha256').update(words.join('\u0000')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A positive integer in [from, from + span) derived from texts. */
export function derivedInteger(from: number, words: readonly string[], span = 90_000_000): number {
  const hex = createHash('sha256').update(words.join('\u0000')).digest('hex');
  return from + (Number.parseInt(hex.slice(0, 12), 16) % span);
}

/** Epoch milliseconds of an instant's text; the simulator compares times as plain integers. */
export function milliseconds(text: string): number {
  return Temporal.Instant.from(text).epochMilliseconds;
}

/** The provider's form of an instant: whole seconds, `Z`. */
export function providerTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** Fields of every object that exists at the provider for some time. */
export const life = {
  created_at: instant.optional().describe('Visible from then on. Default: one month before the period starts.'),
  destroyed_at: instant.optional().describe('Gone from then on. Default: never.'),
};
/** The project of an object. */
export const inProject = reference
  .optional()
  .describe('Project (name or id) that holds it. Default: the default project.');
/** The region of an object. */
export const region = z.string().default('syd1').describe('Region slug.');
/** A name at the provider. */
export const name = z.string().min(1);
/** The tags of an object. */
export const tagList = tags.default([]);
