/** Shows progress on stderr: in a terminal one line that changes, elsewhere a line at most every two seconds. */
export type Progress = {
  /** Shows a finished stage; its line stays on the screen. */
  stage(text: string): void;
  /** Shows the present work, optionally with how many of its steps are done. */
  now(text: string, done?: number, of?: number): void;
  /** Clears the line of the present work. */
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
