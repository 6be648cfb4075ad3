/**
 * The fault of the header of a file with comma-separated values, in a sentence; null if it has none. A column that is unknown is
 * refused, because a misspelt one would be left out in silence.
 */
export const faultOfHeader = (header: readonly string[], known: readonly string[]): string | null => {
  const [only = ''] = header;
  const separator = /[;\t|]/.exec(only)?.[0];
  if (header.length === 1 && separator !== undefined)
    return `its columns are separated by ${separator === '\t' ? 'tabs' : `"${separator}"`}; separate them by commas, and write decimals with a point`;
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) return `the column "${twice}" is there twice`;
  const unknown = header.find((name) => !known.includes(name));
  return unknown === undefined ? null : `the column "${unknown}" is unknown; the columns are ${known.join(', ')}`;
};
