import { inventorySync } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

/** The provider's projects and how they are classified. */
export const projectRoutes: readonly Route[] = [
  route('get', '/api/v1/projects', inventorySync.listProjects),
  route('get', '/api/v1/projects/{project_id}', inventorySync.getProject),
  route('patch', '/api/v1/projects/{project_id}', inventorySync.updateProject),
];
