/**
 * Waits until a condition on state holds, which means that it returns a truthy value, and returns that value. Tests never sleep.
 * @param promise describes the awaited state, for the error message
 * @throws after `timeoutMs` (10,000), with the last error of the condition as cause
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
