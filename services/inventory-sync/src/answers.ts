import { inventorySync } from '@arcadia/contracts';
import { attributeByHand, attributeManyByHand, findNamedDeployment } from './attribution/attribute-by-hand.ts';
import { checkBindings } from './attribution/check-bindings.ts';
import { answer } from './context.ts';
import { getProject, listProjects } from './projects/list-projects.ts';
import { resolveProjectTenant, updateProject } from './projects/update-project.ts';
import { listResources, listUnattributed } from './resources/list-resources.ts';
import { listResourceEvents, showResource } from './resources/show-resource.ts';
import { summarizeInventory } from './resources/summarize-inventory.ts';
import { confirmSweep } from './syncs/confirm-sweep.ts';
import { startSync } from './syncs/request-sync.ts';
import { showSync, showSyncState } from './syncs/show-sync.ts';

export const answers = [
  answer(inventorySync.listResources, listResources),
  answer(inventorySync.getResource, showResource),
  answer(inventorySync.listResourceEvents, listResourceEvents),
  answer(inventorySync.listUnattributed, listUnattributed),
  answer(inventorySync.summarizeInventory, summarizeInventory),
  answer(inventorySync.attributeResource, { resolve: findNamedDeployment, handle: attributeByHand }),
  answer(inventorySync.attributeResources, { resolve: findNamedDeployment, handle: attributeManyByHand }),
  answer(inventorySync.checkBindings, checkBindings),
  answer(inventorySync.listProjects, listProjects),
  answer(inventorySync.getProject, getProject),
  answer(inventorySync.updateProject, { resolve: resolveProjectTenant, handle: updateProject }),
  answer(inventorySync.startSync, startSync),
  answer(inventorySync.getSync, showSync),
  answer(inventorySync.getSyncState, showSyncState),
  answer(inventorySync.confirmSweep, confirmSweep),
];
