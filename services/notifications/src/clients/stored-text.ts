/** The characters of a text from another's server that are kept. */
const keptLength = 500;

/** A text that another's server has made as it is stored: bounded, and of control characters with line breaks alone; Postgres stores no NUL. */
export const storedText = (text: string): string =>
  text
    .slice(0, keptLength)
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\n]/gu, '\uFFFD');
