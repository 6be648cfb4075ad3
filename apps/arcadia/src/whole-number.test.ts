import { Command } from 'commander';
import { expect, test } from 'vitest';
import { deadLetterCommands } from './dead-letters.ts';
import { systemCommands } from './system-commands.ts';
import { wholeNumber, wholeNumbers } from './whole-number.ts';

test('a whole number within its bounds is read, and anything else is refused', () => {
  expect(['1', '200', '007'].map(wholeNumber(1, 200))).toEqual([1, 200, 7]);
  for (const text of ['0', '201', 'x', '', ' 1', '1.5', '1e2', '-1', '0x10', 'NaN'])
    expect(() => wholeNumber(1, 200)(text)).toThrow('It must be a whole number from 1 to 200.');
  expect(wholeNumbers(1)('2', [1])).toEqual([1, 2]);
  expect(() => wholeNumbers(1)('two', [1])).toThrow('It must be a whole number, 1 or more.');
});

/** What a command that is wrong writes; it connects to nothing. */
const refusalOf = async (words: readonly string[]): Promise<string> => {
  const program = new Command('arcadia');
  for (const command of [deadLetterCommands(), ...systemCommands()]) program.addCommand(command);
  const written: string[] = [];
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: (text) => void written.push(text) });
    command.commands.forEach(quiet);
  };
  quiet(program);
  await expect(program.parseAsync(words, { from: 'user' })).rejects.toThrow();
  return written.join('');
};

test.each([
  ['jobs --limit x', "'x' is invalid. It must be a whole number from 1 to 200."],
  ['dead-letters list --limit 0', "'0' is invalid. It must be a whole number, 1 or more."],
  ['dead-letters list --service invoicng', "'invoicng' is invalid. Allowed choices are"],
  ['dead-letters show five', "'five' is invalid for argument 'number'. It must be a whole number, 1 or more."],
  ['dead-letters requeue 1 2x', "'2x' is invalid for argument 'numbers'. It must be a whole number, 1 or more."],
  ['dead-letters dismiss 1.5', "'1.5' is invalid for argument 'numbers'. It must be a whole number, 1 or more."],
])('arcadia %s is refused before it does anything', async (line, refusal) => {
  expect(await refusalOf(line.split(' '))).toContain(refusal);
});
