import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@arcadia/contracts';
import { createLog, type ServiceDefinition, startService } from '@arcadia/platform';
import { answerCalls } from '../answer-calls.ts';

export type Chosen = { name: ServiceName; env: Readonly<Record<string, string>> }[];

/** In MB: what the process has in memory, and what of it no other process of the same program could share. */
export type Memory = { resident: number; own: number };

const load: Record<ServiceName, () => Promise<{ service: object }>> = {
  'inventory-sync': () => import('@arcadia/inventory-sync'),
  'billing-ingest': () => import('@arcadia/billing-ingest'),
  drift: () => import('@arcadia/drift'),
  provisioning: () => import('@arcadia/provisioning'),
  metering: () => import('@arcadia/metering'),
  invoicing: () => import('@arcadia/invoicing'),
  notifications: () => import('@arcadia/notifications'),
  gateway: () => import('@arcadia/gateway'),
};

answerCalls({
  async open(chosen: Chosen) {
    await Promise.all(
      chosen.map(async ({ name, env }) => {
        const { service } = await load[name]();
        await startService(service as ServiceDefinition<unknown, unknown>, {
          env,
          log: createLog({ name, level: 'error', destination: process.stderr }),
        });
      }),
    );
  },
  async memoryAfter(seconds: number): Promise<Memory> {
    await delay(seconds * 1_000);
    const status = readFileSync('/proc/self/status', 'utf8');
    const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
    return { resident: megabytes('VmRSS'), own: megabytes('RssAnon') };
  },
});
