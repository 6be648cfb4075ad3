import { refuse } from '@arcadia/contracts';
import { Cron } from 'croner';

/** Five fields; the minute is one number, so it is due at most once an hour. */
const form = /^([0-5]?\d)( [\w*,/#?-]+){4}$/;

/** The refusal of a schedule; null if it is one, or there is none. */
export function refuseSchedule(schedule: string | null, now: Temporal.Instant) {
  if (schedule === null) return null;
  const example = 'Use one such as 30 4 * * *, which is 04:30 UTC of each day.';
  if (!form.test(schedule))
    return refuse(
      'invalid-schedule',
      `\`schedule\`: "${schedule}" is no cron expression of five fields that begins with one minute. ${example}`,
    );
  try {
    if (nextOf(schedule, now) !== null) return null;
  } catch {
    return refuse('invalid-schedule', `\`schedule\`: "${schedule}" cannot be read. ${example}`);
  }
  return refuse('invalid-schedule', `\`schedule\`: "${schedule}" is never due. ${example}`);
}

/** The first time after an instant at which a schedule is due; null: never, or there is no schedule. */
export function nextOf(schedule: string | null, after: Temporal.Instant): Temporal.Instant | null {
  if (schedule === null) return null;
  const cron = new Cron(schedule, { timezone: 'UTC', paused: true, mode: '5-part' });
  const next = cron.nextRun(new Date(after.epochMilliseconds));
  return next === null ? null : Temporal.Instant.fromEpochMilliseconds(Math.floor(next.getTime() / 1_000) * 1_000);
}
