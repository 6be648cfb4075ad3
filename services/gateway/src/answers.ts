import { gateway } from '@arcadia/contracts';
import { createApiKey, revokeApiKey, rotateApiKey } from './api-keys/manage-keys.ts';
import { getApiKey, listApiKeys } from './api-keys/show-keys.ts';
import { answer } from './context.ts';

export const answers = [
  answer(gateway.createApiKey, createApiKey),
  answer(gateway.listApiKeys, listApiKeys),
  answer(gateway.getApiKey, getApiKey),
  answer(gateway.rotateApiKey, rotateApiKey),
  answer(gateway.revokeApiKey, revokeApiKey),
];
