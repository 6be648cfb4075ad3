import { InvalidArgumentError } from 'commander';

/** Reads a whole number of a command line. What is none is refused before the command does anything. */
export const wholeNumber =
  (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `It must be a whole number, ${least} or more.`
        : `It must be a whole number from ${least} to ${most}.`,
    );
  };

/** The same for several numbers, of which none is handled if one is wrong. */
export const wholeNumbers =
  (least: number) =>
  (text: string, before: readonly number[] = []): number[] => [...before, wholeNumber(least)(text)];
