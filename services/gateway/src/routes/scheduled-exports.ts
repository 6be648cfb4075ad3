import { notifications } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

const one = '/api/v1/scheduled-exports/{export_id}';
const run = '/api/v1/export-runs/{run_id}';

export const scheduledExportRoutes: readonly Route[] = [
  route('get', '/api/v1/scheduled-exports', notifications.listScheduledExports),
  route('post', '/api/v1/scheduled-exports', notifications.createScheduledExport, { status: 201, location: one }),
  route('get', one, notifications.getScheduledExport),
  route('patch', one, notifications.updateScheduledExport),
  route('post', `${one}/run`, notifications.runScheduledExport, { status: 202, location: run }),
  route('get', `${one}/runs`, notifications.listExportRuns),
  route('get', run, notifications.getExportRun),
  route('delete', one, notifications.deleteScheduledExport),
];
