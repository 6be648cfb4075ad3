export { changesOf, type WorldChange } from './changes.ts';
export {
  type ReceivedRequest,
  type Simulator,
  type SimulatorOptions,
  type SimulatorState,
  startSimulator,
} from './simulator.ts';
export { parseWorld, type World, WorldError, worldHash, worldSchema } from './world.ts';
export type { Fault } from './world-faults.ts';
