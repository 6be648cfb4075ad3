/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = ['cloud_drift', 'idempotency', 'ignored_fields'];

/** Tables that are written again by consumers, jobs, `restores` or `restored`. */
export const derivedTables = ['desired', 'image_slugs', 'list_prices', 'live', 'prices', 'size_shapes', 'sweeps'];

/** Tables that one consumer alone writes, by its name; `arcadia rebuild` has them written again. Live and desired states are not among them: their consumers compare and publish. */
export const projections = { 'list-prices': ['list_prices'] };
