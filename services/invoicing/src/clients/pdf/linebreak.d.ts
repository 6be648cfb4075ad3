declare module 'linebreak' {
  /** Where a text may be divided into lines, by UAX 14. */
  export default class LineBreaker {
    constructor(text: string);
    /** The next position at which a line may end, or has to end; null after the last. */
    nextBreak(): { position: number; required: boolean } | null;
  }
}
