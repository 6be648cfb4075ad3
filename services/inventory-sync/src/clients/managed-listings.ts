import type { App, DigitalOcean, Page, Pages } from '@arcadia/digitalocean';
import type { Listed } from '../domain/resources/resource.ts';
import { type CountedApp, describeApp, describeDatabase, describeReplica, isAutoscaled } from './describe-managed.ts';
import { failureText } from './failure-text.ts';
import { collect, eachOf, wholeOf } from './list-each.ts';
import type { Listing } from './listing.ts';
import { described, emptyIfNotFound, isNotFound } from './read-listing.ts';

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

type AppSource = Source & {
  /** The instances of each component as the inventory knows them, by app. */
  instanceCounts: () => Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
};

/**
 * Apps; of one whose number of instances follows its load, the running instances are counted. Where the count is refused or fails, the
 * app keeps the one that the inventory knows, and the listing is not complete; an app without instances to list has no count.
 */
export function appListing({ api, instanceCounts }: AppSource): Listing {
  return async (onPage, signal, known) => {
    const failures: string[] = [];
    const count = async (app: App, abort: AbortSignal): Promise<CountedApp> => {
      if (!isAutoscaled(app)) return app;
      try {
        const names = await api.appInstances(app.id, abort);
        const running = [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length] as const);
        return { ...app, running: new Map(running) };
      } catch (error) {
        if (abort.aborted) throw error;
        if (isNotFound(error)) return app;
        failures.push(`instances of app ${app.spec.name || app.id}: ${failureText('app', error)}`);
        const running = (await instanceCounts()).get(app.id);
        return running === undefined ? app : { ...app, running };
      }
    };
    const apps = described(
      (abort) => mapPages(api.apps.pages({ signal: abort }), (app) => count(app, abort)),
      describeApp,
    );
    return wholeOf([await apps(onPage, signal, known)], failures[0] ?? null);
  };
}

/** The same pages with other items. */
const mapPages = <From, To>(pages: Pages<From>, map: (item: From) => Promise<To>): Pages<To> => ({
  outcome: () => pages.outcome(),
  async *[Symbol.asyncIterator](): AsyncGenerator<Page<To>> {
    for await (const page of pages)
      yield { ...page, items: await Promise.all(page.items.map(map)), mark: null, readKnown: null };
  },
});
