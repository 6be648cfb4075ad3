import { eventId } from '@arcadia/contracts';

/** What somebody is notified of. */
export type Notification = {
  /** Follows from the event: the same over retries, replays and after a crash. */
  id: string;
  type: string;
  /** The tenant that is concerned; null: none. */
  tenantId: string | null;
  occurredAt: string;
  data: Readonly<Record<string, unknown>>;
};

/**
 * A notification of an event.
 * @param key identity within the type: two events with the same key are notified of once
 */
export const notificationOf = (
  type: string,
  given: { key: string; tenantId: string | null; occurredAt: string; data: Readonly<Record<string, unknown>> },
): Notification => ({
  id: eventId(`notification.${type}`, given.key),
  type,
  tenantId: given.tenantId,
  occurredAt: given.occurredAt,
  data: given.data,
});

/** The body of a webhook (Standard Webhooks, "payload structure"). It is made once, because the signature covers its bytes. */
export const bodyOf = ({ type, occurredAt, data }: Notification): string =>
  JSON.stringify({ type, timestamp: occurredAt, data });
