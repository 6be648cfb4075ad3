/** A table whose changed rows are published, or a table with conditions on which changes are. */
export type CapturedTable =
  | string
  | {
      readonly table: string;
      /** Columns that are not worth a message when nothing else of a row changes, such as when it was last seen. */
      readonly except?: readonly string[];
      /** Rows are published only while this column has one of these values. Their deletion is not published. */
      readonly only?: { readonly column: string; readonly values: readonly string[] };
    };
