import type { ProblemType } from './problem-type.ts';

/** Problems of usage, metering runs, periods and replays. */
export const meteringProblems = {
  'batch-refused': {
    status: 422,
    meaning: 'No event of the batch was accepted.',
    when: 'Every event of a batch of usage events was refused.',
    remedy: 'Correct each event by its `reason` in `refused` and send the batch again.',
  },
  'invalid-report': {
    status: 422,
    meaning: 'The usage event is malformed.',
    when: 'A field of the CloudEvent is missing or malformed, or the quantity is not an exact decimal.',
    remedy: 'Correct the event as `detail` explains and send it with the same `id`.',
  },
  'id-reused': {
    status: 409,
    meaning: 'The usage event’s id was used for different content.',
    when: 'The same `source` and `id` were accepted before with another quantity, time, kind or deployment.',
    remedy: 'Give each event its own `id`. An accepted event cannot be changed; send another one that corrects it.',
  },
  'time-in-future': {
    status: 422,
    meaning: 'The usage event’s time is in the future.',
    when: 'The clock of the sender is ahead.',
    remedy: 'Correct `time`, or the sender’s clock.',
  },
  'period-closed': {
    status: 422,
    meaning: 'The usage event belongs to a closed period.',
    when: 'The period was closed and the window for late usage is over.',
    remedy: 'Report the usage with a time in an open period, or bill it with a manual line.',
  },
  'hard-cap-reached': {
    status: 422,
    meaning: 'The subscription’s hard cap for this kind is reached.',
    when: 'The event would exceed the cap of the plan in this period.',
    remedy: 'Change to a plan with a higher cap, or wait for the next period.',
  },
  'lowers-metered-usage': {
    status: 422,
    meaning: 'The reading would lower usage that has been metered already.',
    when: 'A tenant sends a reading of a metered time with a smaller size than the one that was known for that time.',
    remedy: 'Send a reading with the present time; an operator may send the reading as it is.',
  },
  'unit-is-fixed': {
    status: 422,
    meaning: 'The unit of a kind cannot be changed.',
    when: 'The metering configuration of an existing kind is sent with another unit.',
    remedy: 'Leave `unit` out, or create a new kind.',
  },
  'day-not-over': {
    status: 422,
    meaning: 'A day of the range has not ended yet.',
    when: 'A metering run includes the current UTC day or a later one.',
    remedy: 'End the range with yesterday (UTC).',
  },
  'period-not-ended': {
    status: 422,
    meaning: 'The period has not ended yet.',
    when: 'A period is closed, or invoiced, before its month is over in UTC.',
    remedy: 'Wait until the first instant of the next month.',
  },
  'period-incomplete': {
    status: 422,
    meaning: 'Some days of the period are not completely metered.',
    when: 'Observations or metering runs of the period are missing, or provider data is held.',
    remedy: 'Wait for the days in `detail` to be metered, or close with `accept_missing`, which records the gap.',
  },
  'period-not-closed': {
    status: 422,
    meaning: 'The period is not closed.',
    when: 'Invoices or a proof are requested for a month that metering has not closed.',
    remedy: 'Close the period first: `POST /api/v1/periods/{period}/close`.',
  },
  'period-dropped': {
    status: 422,
    meaning: 'The streams no longer hold the period.',
    when: 'The events of the period are older than the retention.',
    remedy: 'Only periods within the retention can be replayed.',
  },
} as const satisfies Record<string, ProblemType>;
