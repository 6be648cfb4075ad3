import type { Config } from '../config.ts';
import { type Pace, paceOf } from '../domain/pace.ts';

const paces = new WeakMap<Config, Map<string, Pace>>();

/** The one pace at which a running service attempts a kind of delivery: two runs side by side, and one after the other, keep to it together. */
export function sharedPace(config: Config, { name, perSecond }: { name: string; perSecond: number }): Pace {
  const own = paces.get(config) ?? new Map<string, Pace>();
  paces.set(config, own);
  const pace = own.get(name) ?? paceOf(perSecond, performance.now());
  own.set(name, pace);
  return pace;
}
