import { readFileSync, statSync } from 'node:fs';
import { ConfigError, type Env } from '@arcadia/platform';

/** @throws ConfigError if the token's file cannot be read or is empty, or its text is no token */
export type TokenReader = () => string;

/** What a header can carry and a token consists of. */
const tokenForm = /^[\x21-\x7e]+$/;

/**
 * A reader of the first variable that is set; `NAME_FILE`, a path, counts directly after `NAME`. The file is read again
 * whenever it has changed.
 * @returns null if none of the variables is set
 * @throws ConfigError if the text of a variable is no token
 */
export function tokenReader(env: Env, names: readonly string[]): TokenReader | null {
  for (const name of names) {
    const token = env[name]?.trim();
    if (token) {
      const checked = checkedToken(token, name);
      return () => checked;
    }
    const path = env[`${name}_FILE`]?.trim();
    if (path) return fileReader(path);
  }
  return null;
}

function fileReader(path: string): TokenReader {
  let known: { version: string; token: string } | null = null;
  return () => {
    const version = readable(path, () => fileVersion(path));
    if (known?.version === version) return known.token;
    const token = readable(path, () => readFileSync(path, 'utf8')).trim();
    if (token === '') throw new ConfigError(`The token file ${path} is empty.`);
    known = { version, token: checkedToken(token, path) };
    return known.token;
  };
}

/** The text is not part of the message: it is a secret. */
function checkedToken(token: string, source: string): string {
  if (tokenForm.test(token)) return token;
  throw new ConfigError(
    `The token in ${source} contains a space, a line break or another character that no token has; give the token alone.`,
  );
}

/** Differs whenever the file was replaced or written. */
function fileVersion(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true });
  return `${ino}/${mtimeNs}/${size}`;
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code = 'error' } = cause as NodeJS.ErrnoException;
    throw new ConfigError(`The token file ${path} cannot be read (${code}).`, { cause });
  }
}
