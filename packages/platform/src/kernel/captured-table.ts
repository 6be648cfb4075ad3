/** A table whose changed rows are published, or a table with conditions on which changes are. */
export type CapturedTable =
  | string
  | {
      readonly table: string;
      /** Columns that are not worth a message when nothing else of a row changes: what an event carries, or when it was last seen. */
      readonly except?: readonly string[];
      /**
       * Columns that never change after a row is inserted, which Postgres then enforces: the message of an update leaves them out. For
       * what is large beside the columns that change. Not together with `except` or `updated`.
       */
      readonly fixed?: readonly string[];
      /** SQL condition on `NEW`: of the inserted rows only these are published, each by itself. */
      readonly inserted?: string;
      /** SQL condition on `NEW`: of the updated rows only these are published, each by itself. */
      readonly updated?: string;
      /** False: deletions are not published. */
      readonly deleted?: false;
    };
