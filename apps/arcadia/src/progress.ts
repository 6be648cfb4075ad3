/** Tells the person who waits what is going on, on stderr: one line that changes in a terminal, a line each elsewhere. */
export type Progress = {
  /** A stage that is kept on the screen. */
  stage(text: string): void;
  /** What is being done right now, with how much of it is done. */
  now(text: string, done?: number, of?: number): void;
  end(): void;
};

export const showProgress = (out: NodeJS.WriteStream = process.stderr): Progress => {
  const startedAt = Date.now();
  let isLineOpen = false;
  let lastPlain = 0;
  const close = (): void => {
    if (isLineOpen) out.write('\r\u001b[2K');
    isLineOpen = false;
  };
  return {
    stage: (text) => {
      close();
      out.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
    },
    now: (text, done, of) => {
      const part = done === undefined || of === undefined ? '' : `[${done}/${of}] `;
      if (out.isTTY) {
        out.write(`\r\u001b[2K         ${part}${text}`.slice(0, (out.columns ?? 100) + 6));
        isLineOpen = true;
      } else if (Date.now() - lastPlain > 2_000) {
        lastPlain = Date.now();
        out.write(`         ${part}${text}\n`);
      }
    },
    end: close,
  };
};
