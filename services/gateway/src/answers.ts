import { gateway } from '@arcadia/contracts';
import { createApiKey, resolveNewKey, revokeApiKey, rotateApiKey } from './api-keys/manage-keys.ts';
import { getApiKey, listApiKeys } from './api-keys/show-keys.ts';
import { approve, createApproval, deny } from './approvals/decide-approvals.ts';
import { getApproval, listApprovals } from './approvals/show-approvals.ts';
import { listAudit, verifyAudit } from './audit/show-audit.ts';
import { answer, answerUnmanaged } from './context.ts';
import { getOverview } from './overview/get-overview.ts';
import {
  dismissLetter,
  getDeadLetter,
  listDeadLetters,
  removeLetter,
  requeueLetter,
} from './system/operate-dead-letters.ts';
import { getSystem, listJobs } from './system/operate-system.ts';

export const answers = [
  answer(gateway.createApiKey, { resolve: resolveNewKey, handle: createApiKey }),
  answer(gateway.listApiKeys, listApiKeys),
  answer(gateway.getApiKey, getApiKey),
  answer(gateway.rotateApiKey, rotateApiKey),
  answer(gateway.revokeApiKey, revokeApiKey),
  answer(gateway.getOverview, getOverview),
  answer(gateway.getSystem, getSystem),
  answer(gateway.listJobs, listJobs),
  answer(gateway.listDeadLetters, listDeadLetters),
  answer(gateway.getDeadLetter, getDeadLetter),
  answer(gateway.requeueDeadLetter, { resolve: requeueLetter, handle: removeLetter }),
  answer(gateway.dismissDeadLetter, { resolve: dismissLetter, handle: removeLetter }),
  answer(gateway.createApproval, createApproval),
  answer(gateway.listApprovals, listApprovals),
  answer(gateway.getApproval, getApproval),
  answerUnmanaged(gateway.approve, approve),
  answer(gateway.deny, deny),
  answer(gateway.listAudit, listAudit),
  answer(gateway.verifyAudit, verifyAudit),
];
