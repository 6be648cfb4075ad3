/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = ['idempotency', 'metering_config'];

/** Tables that are written again by consumers, jobs, `restores` or `restored`. */
export const derivedTables = [
  'accruals',
  'deployments',
  'derivation',
  'invoiced',
  'metered_days',
  'observations',
  'pending_days',
  'period_closes',
  'periods',
  'reading_subjects',
  'replay_differences',
  'replays',
  'states',
  'subscriptions',
  'sweeps',
  'usage_records',
  'usage_reports',
];

/** Tables that one consumer alone writes, by its name; `arcadia rebuild` has them written again. Observations are not among them: those of a closed month would count as late. */
export const projections = { deployments: ['deployments'], invoicing: ['invoiced', 'subscriptions'] };
