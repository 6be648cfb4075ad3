/**
 * A job throws this when its work is not possible before an instant of the service's clock, such as metering a day that is not
 * over. The run is not recorded as done: it waits until then and is tried again, without using up an attempt.
 */
export class NotDueYet extends Error {
  override name = 'NotDueYet';
  readonly until: Temporal.Instant;
  constructor(detail: string, until: Temporal.Instant) {
    super(`${detail}; possible from ${until.toString()} on`);
    this.until = until;
  }
}
