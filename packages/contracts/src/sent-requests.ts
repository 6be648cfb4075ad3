import * as billingIngest from './billing-ingest.ts';
import type { RequestContract } from './define.ts';
import * as drift from './drift.ts';
import * as gateway from './gateway.ts';
import * as inventorySync from './inventory-sync.ts';
import * as invoicing from './invoicing.ts';
import * as metering from './metering.ts';
import * as notifications from './notifications.ts';
import { operatingRequests } from './operating-requests.ts';
import * as provisioning from './provisioning.ts';
import { type ServiceName, services } from './services.ts';

const isRequest = (value: unknown): value is RequestContract =>
  typeof value === 'object' && value !== null && 'effect' in value && 'refusals' in value;

/** Every request that a service answers. */
export const requests: readonly RequestContract[] = [
  inventorySync,
  metering,
  invoicing,
  billingIngest,
  provisioning,
  drift,
  notifications,
  gateway,
].flatMap((contracts) => Object.values(contracts as Record<string, unknown>).filter(isRequest));

/** The requests that each service sends to others: nats-server lets it send no other. The gateway passes on any request of a person. */
export const sentRequests: Readonly<Record<ServiceName, readonly RequestContract[]>> = {
  'inventory-sync': [provisioning.getDeployment, invoicing.getTenant],
  'billing-ingest': [inventorySync.listProjects, invoicing.getTenant],
  provisioning: [inventorySync.getResource, inventorySync.checkBindings, invoicing.getTenant],
  drift: [],
  notifications: [
    invoicing.getTenant,
    invoicing.getInvoice,
    invoicing.getInvoicePdf,
    invoicing.getCreditNotePdf,
    invoicing.exportFocusCharges,
    invoicing.exportFocusChargesParquet,
    billingIngest.exportFocusCosts,
    billingIngest.exportFocusCostsParquet,
    provisioning.getDeployment,
  ],
  metering: [provisioning.getDeployment],
  invoicing: [metering.getMeteringConfig, metering.closePeriod, metering.showEvidence, provisioning.getDeployment],
  gateway: [...requests, ...(Object.keys(services) as ServiceName[]).flatMap(operatingRequests)],
};
