/**
 * The work in progress inside a service, and how many pieces of work have begun so far. Two checks that both find the service
 * idle and the same count prove that nothing ran between them; without the count, work between two checks would go unnoticed.
 */
export type Activity = {
  /** Runs work that counts as activity. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** True while any work is running. */
  busy(): boolean;
  /** How many pieces of work have begun since the start of the process. */
  count(): number;
};

export function createActivity(): Activity {
  let running = 0;
  let begun = 0;
  return {
    async during(work) {
      running += 1;
      begun += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },
    busy: () => running > 0,
    count: () => begun,
  };
}
