import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The text of a world, and whether it is another than that of the given file. */
export type KeptWorld = { text: string; isFormer: boolean };

/**
 * The world that a state belongs to. A provider does not change because its customer installs a new version, so the world with which
 * a state began is kept beside it, and a new world file is used only for a new state.
 * @throws Error if the world file cannot be read
 */
export function keptWorld(file: string, stateFile: string): KeptWorld {
  const kept = `${stateFile}.world`;
  const given = readFileSync(file, 'utf8');
  if (existsSync(kept)) {
    const text = readFileSync(kept, 'utf8');
    return { text, isFormer: text !== given };
  }
  // A state of before worlds were kept is compared with the given world when it is read.
  if (!existsSync(stateFile)) {
    writeFileSync(`${kept}.new`, given);
    renameSync(`${kept}.new`, kept);
  }
  return { text: given, isFormer: false };
}
