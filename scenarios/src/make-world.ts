import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseWorld, type World } from '@arcadia/digitalocean-simulator';

const worldsFolder = path.resolve(import.meta.dirname, '../../worlds');

/** Reads one of the worlds in `worlds/`. */
export const readWorld = (name: string): World =>
  parseWorld(readFileSync(path.join(worldsFolder, `${name}.json`), 'utf8'), `${name}.json`);

/** Makes a world from the value that its file would hold. */
export const makeWorld = (name: string, content: object): World => parseWorld(JSON.stringify(content), `${name}.json`);
