import { type Refusal, refuse } from '@arcadia/contracts';

/** Refuses a request for a deployment that does not exist, or that belongs to another tenant. */
export const noSuchDeployment = (): Refusal<'not-found'> => refuse('not-found', 'There is no such deployment.');
