import { notifications } from '@arcadia/contracts';
import { answer } from './context.ts';
import { createExport } from './exports/create-export.ts';
import { deleteExport, runExport, updateExport } from './exports/manage-exports.ts';
import { getExport, listExports } from './exports/show-exports.ts';
import { getRun, listRuns } from './exports/show-runs.ts';
import { deleteSuppression, listSuppressions } from './mails/manage-suppressions.ts';
import { getMail, listMails, replayMail } from './mails/show-mails.ts';
import { createEndpoint } from './webhooks/create-endpoint.ts';
import {
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  rotateSecret,
  updateEndpoint,
} from './webhooks/manage-endpoints.ts';
import { replayDeliveries, replayDelivery, testEndpoint } from './webhooks/replay-deliveries.ts';
import { getDelivery, listDeliveries } from './webhooks/show-deliveries.ts';
import { getEndpoint, listEndpoints, summarizeEndpoint } from './webhooks/show-endpoints.ts';

export const answers = [
  answer(notifications.createWebhookEndpoint, createEndpoint),
  answer(notifications.listWebhookEndpoints, listEndpoints),
  answer(notifications.getWebhookEndpoint, getEndpoint),
  answer(notifications.updateWebhookEndpoint, updateEndpoint),
  answer(notifications.disableWebhookEndpoint, disableEndpoint),
  answer(notifications.enableWebhookEndpoint, enableEndpoint),
  answer(notifications.deleteWebhookEndpoint, deleteEndpoint),
  answer(notifications.rotateWebhookSecret, rotateSecret),
  answer(notifications.summarizeWebhookEndpoint, summarizeEndpoint),
  answer(notifications.testWebhookEndpoint, testEndpoint),
  answer(notifications.listWebhookDeliveries, listDeliveries),
  answer(notifications.getWebhookDelivery, getDelivery),
  answer(notifications.replayWebhookDelivery, replayDelivery),
  answer(notifications.replayWebhookDeliveries, replayDeliveries),
  answer(notifications.createScheduledExport, createExport),
  answer(notifications.listScheduledExports, listExports),
  answer(notifications.getScheduledExport, getExport),
  answer(notifications.updateScheduledExport, updateExport),
  answer(notifications.deleteScheduledExport, deleteExport),
  answer(notifications.runScheduledExport, runExport),
  answer(notifications.listExportRuns, listRuns),
  answer(notifications.getExportRun, getRun),
  answer(notifications.listMails, listMails),
  answer(notifications.getMail, getMail),
  answer(notifications.replayMail, replayMail),
  answer(notifications.listMailSuppressions, listSuppressions),
  answer(notifications.deleteMailSuppression, deleteSuppression),
];
