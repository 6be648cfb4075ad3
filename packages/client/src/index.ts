export { type Address, addressOf } from './address.ts';
export { ApprovalNeeded, type Call, type Client, createClient, ProblemError } from './client.ts';
export type { Operations } from './generated/operations.ts';
export { operations } from './generated/routes.ts';
