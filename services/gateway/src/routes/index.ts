import type { Route } from '../route.ts';

/** Every route there is, by noun. */
export const routes: readonly Route[] = [];
