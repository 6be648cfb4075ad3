export { type Config, parseConfig } from './config.ts';
export { navigationOf } from './html/navigation.ts';
export type { Person } from './session.ts';
export { type RunningConsole, startConsole } from './start.ts';
