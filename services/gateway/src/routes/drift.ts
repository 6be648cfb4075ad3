import { drift } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const driftRoutes: readonly Route[] = [
  route('get', '/api/v1/drift', drift.listDrift),
  route('get', '/api/v1/drift/summary', drift.summarizeDrift),
  route('get', '/api/v1/drift/ignored', drift.listIgnored),
  route('get', '/api/v1/drift/ignored/{rule_id}', drift.getIgnored),
  route('delete', '/api/v1/drift/ignored/{rule_id}', drift.stopIgnoring),
  route('post', '/api/v1/drift/accept', drift.acceptDrifts),
  route('post', '/api/v1/drift/ignore', drift.ignoreDrifts),
  route('get', '/api/v1/drift/{drift_id}', drift.getDrift),
  route('post', '/api/v1/drift/{drift_id}/accept', drift.acceptDrift, {
    status: 202,
    location: '/api/v1/drift/{drift_id}',
  }),
  route('post', '/api/v1/drift/{drift_id}/revert', drift.revertDrift, {
    status: 202,
    location: '/api/v1/drift/{drift_id}',
  }),
  route('post', '/api/v1/drift/{drift_id}/ignore', drift.ignoreDrift),
];
