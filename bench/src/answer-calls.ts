/** The calls that a peer answers, by name. */
type Calls = Record<string, (input: never) => Promise<unknown>>;

/** Answers the calls of the benchmark, one after another, in a process of the peer's own, with the processor time that each took. */
export function answerCalls(calls: Calls): void {
  process.on('message', ({ id, name, input }: { id: number; name: string; input: unknown }) => {
    const before = process.cpuUsage();
    const answered = Promise.resolve().then(() => (calls[name] as (input: unknown) => Promise<unknown>)(input));
    answered.then(
      (value) => {
        const { user, system } = process.cpuUsage(before);
        process.send?.({ id, value: value ?? null, cpuMs: (user + system) / 1_000 });
      },
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
}
