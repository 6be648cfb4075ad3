import { gateway } from '@arcadia/contracts';
import { createApiKey, revokeApiKey, rotateApiKey } from './api-keys/manage-keys.ts';
import { getApiKey, listApiKeys } from './api-keys/show-keys.ts';
import { answer } from './context.ts';
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
  answer(gateway.createApiKey, createApiKey),
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
];
