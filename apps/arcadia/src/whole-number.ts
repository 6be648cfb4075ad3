import { InvalidArgumentError } from 'commander';

/** Reads an argument of a command as a whole number. The command line refuses anything else before the command does anything. */
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

/** Reads an argument that may be repeated. If one of the numbers is wrong, the command handles none of them. */
export const wholeNumbers =
  (least: number) =>
  (text: string, before: readonly number[] = []): number[] => [...before, wholeNumber(least)(text)];
