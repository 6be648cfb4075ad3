import { provisioning } from '@arcadia/contracts';
import { answer } from './context.ts';
import { createDeployment, resolveNewDeployment } from './deployments/create-deployment.ts';
import { getDeployment } from './deployments/get-deployment.ts';
import { listDeploymentEvents } from './deployments/list-deployment-events.ts';
import { listDeployments } from './deployments/list-deployments.ts';
import { transitionDeployment } from './deployments/transition-deployment.ts';
import { resolveNewNames, updateDeployment } from './deployments/update-deployment.ts';
import { listLeftBehind } from './left-behind/list-left-behind.ts';
import { cancelSaga } from './sagas/cancel-saga.ts';
import { getSaga } from './sagas/get-saga.ts';
import { listSagas } from './sagas/list-sagas.ts';
import { quoteSaga } from './sagas/quote-saga.ts';
import { retrySaga } from './sagas/retry-saga.ts';
import { resolveNames, startSaga } from './sagas/start-saga.ts';
import { summarizeProvisioning } from './sagas/summarize-provisioning.ts';
import { getDesiredState } from './specs/get-desired-state.ts';
import { resolveResource, setDesiredState } from './specs/set-desired-state.ts';

export const answers = [
  answer(provisioning.listDeployments, listDeployments),
  answer(provisioning.getDeployment, getDeployment),
  answer(provisioning.listDeploymentEvents, listDeploymentEvents),
  answer(provisioning.listLeftBehind, listLeftBehind),
  answer(provisioning.createDeployment, { resolve: resolveNewDeployment, handle: createDeployment }),
  answer(provisioning.updateDeployment, { resolve: resolveNewNames, handle: updateDeployment }),
  answer(provisioning.transitionDeployment, transitionDeployment),
  answer(provisioning.listSagas, listSagas),
  answer(provisioning.getSaga, getSaga),
  answer(provisioning.summarizeProvisioning, summarizeProvisioning),
  answer(provisioning.startSaga, { resolve: resolveNames, handle: startSaga }),
  answer(provisioning.cancelSaga, cancelSaga),
  answer(provisioning.retrySaga, retrySaga),
  answer(provisioning.quoteSaga, quoteSaga),
  answer(provisioning.getDesiredState, getDesiredState),
  answer(provisioning.setDesiredState, { resolve: resolveResource, handle: setDesiredState }),
];
