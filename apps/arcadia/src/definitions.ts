import { service as billingIngest } from '@arcadia/billing-ingest';
import { service as drift } from '@arcadia/drift';
import { service as gateway } from '@arcadia/gateway';
import { service as inventorySync } from '@arcadia/inventory-sync';
import { service as invoicing } from '@arcadia/invoicing';
import { service as metering } from '@arcadia/metering';
import { service as notifications } from '@arcadia/notifications';
import type { ServiceDefinition } from '@arcadia/platform';
import { service as provisioning } from '@arcadia/provisioning';

/** All services. They start together and stop in the reverse of the order in which they became ready. */
export const definitions = [
  inventorySync,
  provisioning,
  metering,
  invoicing,
  billingIngest,
  drift,
  notifications,
  gateway,
] as unknown as readonly ServiceDefinition<unknown, unknown>[];
