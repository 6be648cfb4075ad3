/**
 * The longest turn of the event loop during some work, in milliseconds of this thread's processor time, so that a busy machine does
 * not lengthen it. Everything else in the process waits for at least that long.
 */
export const longestTurn = async <Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> => {
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let ms = 0;
  let last = used();
  let isOver = false;
  const turn = (): void => {
    const now = used();
    ms = Math.max(ms, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    const result = await work();
    turn();
    return { result, ms };
  } finally {
    isOver = true;
  }
};
