import { inventorySync } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

/** The account's resources and their owners. Fixed words come before `{resource_id}`, which would match them too. */
export const inventoryRoutes: readonly Route[] = [
  route('get', '/api/v1/inventory', inventorySync.listResources),
  route('get', '/api/v1/inventory/summary', inventorySync.summarizeInventory),
  route('get', '/api/v1/inventory/unattributed', inventorySync.listUnattributed),
  route('get', '/api/v1/inventory/sync', inventorySync.getSyncState),
  route('post', '/api/v1/inventory/sync', inventorySync.startSync, {
    status: 202,
    location: '/api/v1/inventory/sync/{sync_id}',
  }),
  route('get', '/api/v1/inventory/sync/{sync_id}', inventorySync.getSync),
  route('post', '/api/v1/inventory/sweeps/{sweep_id}/confirm', inventorySync.confirmSweep),
  route('post', '/api/v1/inventory/attribute', inventorySync.attributeResources),
  route('get', '/api/v1/inventory/{resource_id}', inventorySync.getResource),
  route('get', '/api/v1/inventory/{resource_id}/events', inventorySync.listResourceEvents),
  route('post', '/api/v1/inventory/{resource_id}/attribute', inventorySync.attributeResource),
];
