import { gateway } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const approvalRoutes: readonly Route[] = [
  route('get', '/api/v1/approvals', gateway.listApprovals),
  route('get', '/api/v1/approvals/{approval_id}', gateway.getApproval),
  route('post', '/api/v1/approvals/{approval_id}/approve', gateway.approve),
  route('post', '/api/v1/approvals/{approval_id}/deny', gateway.deny),
];
