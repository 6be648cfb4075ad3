/** Sends requests, `atOnce` at a time, for `forMs`; each answer is compared with its request. */
export async function sendForSomeTime(
  { atOnce, forMs }: { atOnce: number; forMs: number },
  requestOne: (n: number) => Promise<number>,
): Promise<{ units: number; ms: number }> {
  let sent = 0;
  const started = performance.now();
  const client = async () => {
    while (performance.now() - started < forMs) {
      sent += 1;
      const n = sent;
      if ((await requestOne(n)) !== n) throw new Error('the answer differs from the request');
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { units: sent, ms: performance.now() - started };
}
