import type { Bench } from './bench.ts';

/** All benchmarks by name; each is loaded when it is run. */
export const benches: Record<string, () => Promise<Bench>> = {
  relay: async () => (await import('./relay.ts')).relay,
  consumer: async () => (await import('./consumer.ts')).consumer,
  request: async () => (await import('./request.ts')).request,
  gateway: async () => (await import('./gateway.ts')).gateway,
  drift: async () => (await import('./drift.ts')).drift,
  metering: async () => (await import('./metering.ts')).metering,
  'metering-summary': async () => (await import('./metering-summary.ts')).meteringSummary,
  'metering-ingest': async () => (await import('./metering-ingest.ts')).meteringIngest,
  'metering-pipeline': async () => (await import('./metering-pipeline.ts')).meteringPipeline,
  invoicing: async () => (await import('./invoicing.ts')).invoicing,
  inventory: async () => (await import('./inventory.ts')).inventory,
  notifications: async () => (await import('./notifications.ts')).notificationsBench,
  console: async () => (await import('./console.ts')).consoleBench,
  replay: async () => (await import('./replay.ts')).replay,
  proof: async () => (await import('./proof.ts')).proof,
  pdf: async () => (await import('./pdf.ts')).pdf,
  backlog: async () => (await import('./backlog.ts')).backlog,
  rebuild: async () => (await import('./rebuild.ts')).rebuild,
  'npm-test': async () => (await import('./npm-test.ts')).npmTest,
  start: async () => (await import('./start/start.ts')).start,
  'csv-import': async () => (await import('./csv-import.ts')).csvImport,
};
