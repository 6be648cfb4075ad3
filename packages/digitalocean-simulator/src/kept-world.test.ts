import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptWorld } from './kept-world.ts';

test('a state keeps the world that it began with, until it is deleted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-world-'));
  try {
    const [file, state] = [join(folder, 'world.json'), join(folder, 'state.json')];
    writeFileSync(file, 'first');
    expect(keptWorld(file, state)).toEqual({ text: 'first', isFormer: false });
    writeFileSync(state, '{}');
    expect(keptWorld(file, state)).toEqual({ text: 'first', isFormer: false });
    writeFileSync(file, 'second');
    expect(keptWorld(file, state)).toEqual({ text: 'first', isFormer: true });
    rmSync(state);
    rmSync(`${state}.world`);
    expect(keptWorld(file, state)).toEqual({ text: 'second', isFormer: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a state of before worlds were kept is used with the given world', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-world-'));
  try {
    const [file, state] = [join(folder, 'world.json'), join(folder, 'state.json')];
    writeFileSync(file, 'given');
    writeFileSync(state, '{}');
    expect(keptWorld(file, state)).toEqual({ text: 'given', isFormer: false });
    writeFileSync(file, 'newer');
    expect(keptWorld(file, state)).toEqual({ text: 'newer', isFormer: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
