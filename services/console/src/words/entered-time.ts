import { InvalidForm } from '../command.ts';

/** An instant in UTC that a person typed into a field: `2026-04-01` or `2026-04-01 12:00`; null for none. Throws InvalidForm. */
export const instantIn = (text: string, field: string): string | null => {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d))?(?:Z| UTC)?$/.exec(trimmed) ?? [];
  try {
    if (day !== undefined) {
      Temporal.PlainDate.from(day, { overflow: 'reject' });
      return Temporal.Instant.from(`${day}T${clock ?? '00:00'}:00Z`).toString();
    }
  } catch {
    // A day that does not exist: the same sentence helps.
  }
  throw new InvalidForm({ [field]: 'Enter a UTC time such as 2026-04-01 or 2026-04-01 12:00.' });
};
