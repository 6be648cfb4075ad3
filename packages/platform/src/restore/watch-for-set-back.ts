import type { Runtime } from '../runtime.ts';
import { describeSetBack, findSetBack, isSetBack } from './find-set-back.ts';
import { isRebuildRequested } from './rebuild.ts';

export type SetBackWatch = {
  /** Looks now; true once the service must start again: its database is behind the streams, or its tables are to be rebuilt. */
  check(): Promise<boolean>;
  /** Resolves with the finding as a sentence. */
  readonly found: Promise<string>;
};

/**
 * Finds out while the service runs whether its database was set back, for example by a failover, or whether an operator wants its
 * tables rebuilt. Both begin at the next start, before anything else runs; until then nothing is published and the service is not ready.
 */
export function watchForSetBack<DB, Config>(
  runtime: Runtime<DB, Config>,
  consumers: Parameters<typeof findSetBack>[1],
): SetBackWatch {
  const { promise: found, resolve } = Promise.withResolvers<string>();
  let isFound = false;
  return {
    async check() {
      if (isFound) return true;
      const signs = await findSetBack({ db: runtime.db, bus: runtime.bus, name: runtime.name }, consumers);
      const isRebuild = !isSetBack(signs) && (await isRebuildRequested(runtime.db));
      if (!(isSetBack(signs) || isRebuild) || isFound) return isFound;
      isFound = true;
      if (isRebuild) {
        const reason = 'an operator has asked to rebuild tables from the streams, which is done at the next start';
        runtime.ctx.log.warn(reason);
        runtime.ctx.health.report('database', { ok: false, detail: reason });
        resolve(reason);
        return true;
      }
      const text = `${describeSetBack(signs)}; nothing is published until the service is started again and restores it`;
      runtime.ctx.log.error({ alarm: true, ...signs }, text);
      runtime.ctx.health.report('database', { ok: false, detail: text });
      resolve(text);
      return true;
    },
    found,
  };
}
