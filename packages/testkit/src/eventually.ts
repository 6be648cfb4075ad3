/**
 * Waits until a condition on state holds: the value it returns is truthy. Tests wait for states, never for times.
 * @param promise names what is awaited, for the message when it does not come.
 */
export async function eventually<T>(
  promise: string,
  condition: () => Promise<T> | T,
  { timeoutMs = 30_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      failure = undefined;
    } catch (cause) {
      failure = cause;
    }
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${promise}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
