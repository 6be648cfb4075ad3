export { openApiOfRoutes } from './openapi.ts';
export { permissionsPage } from './permissions-page.ts';
export { problemsPage } from './problems/problems-page.ts';
export type { Route } from './route.ts';
export { routes } from './routes/index.ts';
export { service } from './service.ts';
