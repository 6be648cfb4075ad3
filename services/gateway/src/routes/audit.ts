import { gateway } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const auditRoutes: readonly Route[] = [
  route('get', '/api/v1/audit', gateway.listAudit),
  route('get', '/api/v1/audit/verification', gateway.verifyAudit),
];
