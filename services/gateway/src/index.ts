export { openApiOfRoutes } from './documentation.ts';
export type { Route } from './route.ts';
export { routes } from './routes/index.ts';
export { service } from './service.ts';
