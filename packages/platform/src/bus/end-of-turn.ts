import { setImmediate } from 'node:timers';

let turn: Promise<void> | null = null;

/**
 * Waits for the end of the present turn of the event loop. What is sent to NATS then leaves in one write to the socket: the client
 * writes as soon as the code that sends has run, and of code that has awaited something, each piece runs by itself. A write costs
 * more than anything else that a request does.
 */
export const endOfTurn = (): Promise<void> => {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = null;
      resolve();
    });
  });
  return turn;
};
