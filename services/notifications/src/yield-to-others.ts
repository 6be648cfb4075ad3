import { constants, setPriority } from 'node:os';

/** Gives this process less of a busy processor than others: what it sends can wait, the close of a month that causes it should not. */
export const yieldToOthers = (): void => setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
