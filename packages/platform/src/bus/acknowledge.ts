import type { JsMsg } from '@nats-io/jetstream';
import { plainFrame, sendFrames } from './frames.ts';
import type { Bus } from './nats.ts';

const ack = '+ACK';
const confirmWithinMs = 5_000;

/**
 * Acknowledges messages that have been handled. Acknowledgements travel in order on one connection, so when the last is
 * confirmed, all have arrived; if the connection breaks before that, all are sent again, which the client's own `ack()` does
 * not do. Without this, a lost acknowledgement causes a redelivery after the whole ack wait.
 * @returns false if they could not be confirmed before `isStopped`, nor at once afterwards; the messages are then redelivered, which changes nothing
 */
export async function acknowledge(bus: Bus, messages: readonly JsMsg[], isStopped: () => boolean): Promise<boolean> {
  const last = messages.at(-1);
  if (last === undefined) return true;
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    // A service that stops still tries once to acknowledge what it has handled: otherwise another replica gets these messages only after the ack wait.
    if (isStopped() && (attempt > 1 || !bus.isConnected())) return false;
    await bus.connected();
    if (await bus.whileConnected(confirmed(bus, messages, last)).catch(() => false)) return true;
  }
  return false;
}

async function confirmed(bus: Bus, messages: readonly JsMsg[], last: JsMsg): Promise<boolean> {
  sendFrames(
    bus.nc,
    messages.slice(0, -1).map((message) => plainFrame(replyOf(message), ack)),
  );
  await bus.request(replyOf(last), ack, { timeoutMs: confirmWithinMs });
  return true;
}

/** The client has the reply subject but leaves it out of its type. */
function replyOf(message: JsMsg): string {
  return (message as JsMsg & { reply: string }).reply;
}
