import { provisioning } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const sagaRoutes: readonly Route[] = [
  route('get', '/api/v1/sagas', provisioning.listSagas),
  route('post', '/api/v1/sagas', provisioning.startSaga, { status: 202, location: '/api/v1/sagas/{saga_id}' }),
  route('post', '/api/v1/sagas/quote', provisioning.quoteSaga),
  route('get', '/api/v1/sagas/summary', provisioning.summarizeProvisioning),
  route('get', '/api/v1/sagas/{saga_id}', provisioning.getSaga),
  route('post', '/api/v1/sagas/{saga_id}/cancel', provisioning.cancelSaga, {
    status: 202,
    location: '/api/v1/sagas/{saga_id}',
  }),
  route('post', '/api/v1/sagas/{saga_id}/retry', provisioning.retrySaga, {
    status: 202,
    location: '/api/v1/sagas/{saga_id}',
  }),
  route('get', '/api/v1/resources/{resource_id}/spec', provisioning.getDesiredState, { tag: 'desired states' }),
  route('put', '/api/v1/resources/{resource_id}/spec', provisioning.setDesiredState, { tag: 'desired states' }),
];
