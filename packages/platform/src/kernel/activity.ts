/**
 * What goes on inside a service at this moment, and how much has gone on so far. Two looks that both find everything quiet
 * and the same count have seen the same stillness; without the count something could have moved behind the looker's back.
 */
export type Activity = {
  /** Runs work that is no stillness. */
  during<T>(work: () => Promise<T>): Promise<T>;
  busy(): boolean;
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
