import { endOfTurn } from '../bus/end-of-turn.ts';

/** A batch waits no longer for the one before it, so that one row that is locked does not stop the others for long. */
const mostWaitMs = 50;

type Waiting<In, Out> = { item: In; key: string; made: PromiseWithResolvers<Out> };

/**
 * Makes one call of many: what is asked for in the same turn of the event loop, or while an earlier call is on its way, goes
 * together. Items with the same key never do. A call that fails is repeated for each item by itself, so that no item fails
 * because of another, unless `isForAll` recognises the error as one that each of them would have.
 * @param options.run makes the call; its results are in the order of the items
 */
export function inBatches<In, Out>(options: {
  most: number;
  key(item: In): string;
  run(items: readonly In[]): Promise<readonly Out[]>;
  isForAll(error: unknown): boolean;
}): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = [];
  let collecting = false;
  let before: Promise<void> = Promise.resolve();

  async function collect(): Promise<void> {
    collecting = true;
    await Promise.race([before, waited(mostWaitMs)]);
    await endOfTurn();
    collecting = false;
    const { batch, rest } = take(waiting, options.most);
    waiting = rest;
    before = send(batch);
    if (rest.length > 0) void collect();
  }

  async function send(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await options.run(batch.map(({ item }) => item));
      for (const [index, { made }] of batch.entries()) made.resolve(results[index] as Out);
    } catch (error) {
      if (batch.length > 1 && !options.isForAll(error)) await Promise.all(batch.map((each) => send([each])));
      else for (const { made } of batch) made.reject(error);
    }
  }

  return (item) => {
    const made = Promise.withResolvers<Out>();
    waiting.push({ item, key: options.key(item), made });
    if (!collecting) void collect();
    return made.promise;
  };
}

function take<Each extends { key: string }>(waiting: readonly Each[], most: number): { batch: Each[]; rest: Each[] } {
  const keys = new Set<string>();
  const batch: Each[] = [];
  const rest: Each[] = [];
  for (const each of waiting) {
    if (batch.length === most || keys.has(each.key)) {
      rest.push(each);
      continue;
    }
    keys.add(each.key);
    batch.push(each);
  }
  return { batch, rest };
}

function waited(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
