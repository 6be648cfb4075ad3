/** One month of an account of some size, in one process with a Postgres and a nats-server on the same machine. */
export type Measured = Month & Partial<Bill>;

/** From the observations of the month to its invoices and their replay. */
export type Month = {
  resources: number;
  facts: number;
  lines: number;
  /** The day of the measurement. */
  at: string;
  /** The share of all processors that other programs used before and after, 0 to 1. */
  used_by_others: number;
  /** Of the machine, which Postgres, nats-server and the process shared. */
  cores: number;
  /** An observation from the stream into its row; absent where it was not measured alone. */
  observing_us_per_resource?: number;
  metering_us_per_fact: number;
  /** Processor time of the process alone while it metered; the rest is that of Postgres and nats-server. */
  metering_process_us_per_fact: number;
  /** Until the last message of the facts is on the stream. */
  publishing_us_per_fact: number;
  consuming_us_per_fact: number;
  closing_us_per_fact: number;
  invoicing_us_per_line: number;
  replay_us_per_fact: number;
  usage_list_ms: number;
  invoice_list_ms: number;
  database_bytes_per_fact: number;
  wal_bytes_per_fact: number;
  stream_bytes_per_fact: number;
  memory_mb: number;
};

/** The provider's bill of the month with a line for each resource; absent at a size where only the month was measured. */
export type Bill = {
  /** From the discovery of the bill until each of its lines is stored, matched with its resource and allocated. */
  reconciling_us_per_line: number;
  /** A page of the differences between the bill and the metered usage: the median, and the longest, which is that right after the bill is read. */
  differences_ms: number;
  differences_longest_ms: number;
};
