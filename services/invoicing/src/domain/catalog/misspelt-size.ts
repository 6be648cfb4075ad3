import { nearWords } from '@arcadia/contracts';

/** The letters that a size begins with, which name its family, and its numbers. */
const familyAndNumbers = (size: string): string =>
  [/^[a-z]*/i.exec(size)?.[0].toLowerCase(), ...(size.match(/\d+/g) ?? [])].join(' ');

/**
 * The known sizes that a size looks like a misspelling of, the nearest first; empty if it may be a true one. The provider lists the sizes
 * that it sells, not those that it sold: an old one is of another family or has other numbers than each that is listed. So a name is held
 * for a misspelling only if it differs from a known one in other letters or in hyphens. A pattern such as `g-*` is no size.
 */
export const misspeltOf = (size: string, known: ReadonlySet<string>): string[] => {
  if (known.has(size) || size.includes('*')) return [];
  return nearWords(
    size,
    [...known].filter((other) => !other.includes('*') && familyAndNumbers(other) === familyAndNumbers(size)),
  );
};
