import { gateway } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const apiKeyRoutes: readonly Route[] = [
  route('get', '/api/v1/api-keys', gateway.listApiKeys),
  route('post', '/api/v1/api-keys', gateway.createApiKey, { status: 201, location: '/api/v1/api-keys/{key_id}' }),
  route('get', '/api/v1/api-keys/{key_id}', gateway.getApiKey),
  route('post', '/api/v1/api-keys/{key_id}/rotate', gateway.rotateApiKey),
  route('delete', '/api/v1/api-keys/{key_id}', gateway.revokeApiKey),
];
