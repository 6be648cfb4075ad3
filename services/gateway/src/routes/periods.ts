import { invoicing, metering } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const periodRoutes: readonly Route[] = [
  route('get', '/api/v1/periods', metering.listPeriods),
  route('get', '/api/v1/periods/{period}', metering.getPeriod),
  route('post', '/api/v1/periods/{period}/close', metering.closePeriod),
  route('post', '/api/v1/periods/{period}/replays', metering.startReplay, {
    status: 202,
    location: '/api/v1/replays/{replay_id}',
  }),
  route('get', '/api/v1/periods/{period}/replays', metering.listReplays),
  route('get', '/api/v1/replays/{replay_id}', metering.getReplay),
  route('get', '/api/v1/replays/{replay_id}/tenants', metering.listReplayedTenants),
  route('get', '/api/v1/replays/{replay_id}/differences', metering.listReplayDifferences),
  route('post', '/api/v1/periods/{period}/proofs', invoicing.startProof, {
    status: 202,
    location: '/api/v1/proofs/{proof_id}',
  }),
  route('get', '/api/v1/periods/{period}/proofs', invoicing.listProofs),
  route('get', '/api/v1/proofs/{proof_id}', invoicing.getProof),
  route('get', '/api/v1/proofs/{proof_id}/invoices', invoicing.listInvoiceProofs),
];
