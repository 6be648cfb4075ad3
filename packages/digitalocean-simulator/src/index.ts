export { changesOf, type WorldChange } from './changes.ts';
export { parseWorld, type World, WorldError, worldHash, worldSchema } from './world.ts';
