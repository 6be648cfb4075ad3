export { type Api, ApiError, type Fault } from './api.ts';
export { connectApi, createGateway, type Gateway } from './gateway.ts';
