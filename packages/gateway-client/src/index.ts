export { type Api, ApiError, ApprovalNeeded, type Fault, type Sending } from './api.ts';
export { connectApi, createGateway, type Gateway } from './gateway.ts';
