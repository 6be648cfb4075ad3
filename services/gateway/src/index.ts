export { openApiOfRoutes } from './documentation.ts';
export { service } from './service.ts';
