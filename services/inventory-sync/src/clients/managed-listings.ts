import type { App, DigitalOcean, Page, Pages } from '@arcadia/digitalocean';
import type { Listed } from '../domain/resources/resource.ts';
import { type CountedApp, describeApp, describeDatabase, describeReplica, isAutoscaled } from './describe-managed.ts';
import { collect, eachOf, wholeOf } from './list-each.ts';
import type { Listing } from './listing.ts';
import { described, emptyIfNotFound } from './read-listing.ts';

type Source = { api: DigitalOcean };

/** Engines that have no read replicas, so that their replicas cannot be requested. */
const withoutReplicas: ReadonlySet<unknown> = new Set(['redis', 'valkey', 'kafka', 'opensearch', 'mongodb']);

/** Databases, and then the read replicas of each; the provider lists those by their primary only. */
export function databaseListing({ api }: Source): Listing {
  return async (onPage, signal) => {
    const primaries: Listed[] = [];
    const list = described((abort) => api.databases.pages({ signal: abort }), describeDatabase);
    const end = await list(async (items, seenAt) => {
      primaries.push(...items);
      await onPage(items, seenAt);
    }, signal);
    const collected = collect(onPage);
    const replicas = await eachOf(
      primaries.filter(({ attrs }) => !withoutReplicas.has(attrs['engine'])),
      (primary, abort) =>
        emptyIfNotFound(
          described(
            (each) => api.replicasOf(primary.providerId).pages({ signal: each }),
            (replica) => describeReplica(replica, primary),
          ),
        )(collected.add, abort),
      signal,
    );
    await collected.flush();
    return wholeOf([end, ...replicas], null);
  };
}

/** Apps; of one whose number of instances follows its load, the running instances are counted. */
export function appListing({ api }: Source): Listing {
  const count = async (app: App, signal: AbortSignal): Promise<CountedApp> => {
    if (!isAutoscaled(app)) return app;
    try {
      const names = await api.appInstances(app.id, signal);
      return {
        ...app,
        running: new Map([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length])),
      };
    } catch (error) {
      if (signal.aborted) throw error;
      // The app itself is known; only how many instances run is not.
      return app;
    }
  };
  return described((signal) => mapPages(api.apps.pages({ signal }), (app) => count(app, signal)), describeApp);
}

/** The same pages with other items. */
const mapPages = <From, To>(pages: Pages<From>, map: (item: From) => Promise<To>): Pages<To> => ({
  outcome: () => pages.outcome(),
  async *[Symbol.asyncIterator](): AsyncGenerator<Page<To>> {
    for await (const page of pages)
      yield { ...page, items: await Promise.all(page.items.map(map)), mark: null, readKnown: null };
  },
});
