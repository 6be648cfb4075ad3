import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checkWorld } from './check-world.ts';
import { settlePlatform, settleProvider, type World } from './settle-world.ts';
import { instant, month } from './world-fields.ts';
import { platformSide } from './world-platform.ts';
import { providerSide } from './world-provider.ts';

/** The form of a world file. Everything but `period` has a default, so that a small world can be written by hand. */
export const worldSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().optional().describe('Default: the file name.'),
  description: z.string().default(''),
  period: month.describe('The month that is played and billed.'),
  begins_at: instant.optional().describe('Default: one hour before the month.'),
  ends_at: instant
    .optional()
    .describe(
      'Played until then and no further; each month that ends before is closed. Default: six hours after the month, or the last `reported_at` when that is later.',
    ),
  weekly_until: instant
    .optional()
    .describe(
      'Until then, days are metered a week at a time, which plays faster and gives the same facts. Default: never.',
    ),
  provider: providerSide.prefault({}).describe('The objects at the provider, and when each exists.'),
  platform: platformSide.prefault({}).describe('The setup by the operator.'),
});

export type { World } from './settle-world.ts';

/** A world file that cannot be used. The message has one line per fault, each naming file and path. */
export class WorldError extends Error {
  override readonly name = 'WorldError';
}

/**
 * Reads a world from the text of its file.
 * @throws WorldError naming every fault at once
 */
export function parseWorld(text: string, filename: string): World {
  const parsed = worldSchema.safeParse(readJson(text, filename));
  if (!parsed.success) throw refuse(filename, parsed.error.issues.flatMap(describeIssue));
  const { data } = parsed;
  const start = Temporal.Instant.from(`${data.period}-01T00:00:00Z`);
  const end = start.toZonedDateTimeISO('UTC').add({ months: 1 }).toInstant();
  const times = {
    period: data.period,
    period_start: start.toString(),
    period_end: end.toString(),
    begins_at: data.begins_at ?? start.subtract({ hours: 1 }).toString(),
    ends_at: data.ends_at ?? end.add({ hours: 6 }).toString(),
    ...(data.weekly_until === undefined ? {} : { weekly_until: data.weekly_until }),
  };
  const provider = settleProvider(data.provider, times);
  const world: World = {
    name: data.name ?? filename.replace(/^.*[/\\]/, '').replace(/\.json$/, ''),
    description: data.description,
    ...times,
    provider,
    platform: settlePlatform(data.platform, provider, times),
  };
  const faults = checkWorld(world);
  if (faults.length > 0) throw refuse(filename, faults);
  return world;
}

/** A hash that identifies a world by its content: two files with equal content are one world. */
export function worldHash(world: World): string {
  return createHash('sha256').update(canonical(world)).digest('hex');
}

function readJson(text: string, filename: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new WorldError(`${filename} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function refuse(filename: string, faults: readonly string[]): WorldError {
  const shown = faults.slice(0, 20);
  const rest = faults.length > shown.length ? [`  … and ${faults.length - shown.length} more`] : [];
  return new WorldError(
    [`${filename} is not a usable world:`, ...shown.map((line) => `  ${line}`), ...rest].join('\n'),
  );
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  return [`${place === '' ? 'the file' : place}: ${issue.message}`];
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
}
