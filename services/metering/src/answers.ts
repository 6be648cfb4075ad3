import { metering } from '@arcadia/contracts';
import { answer } from './context.ts';
import { requestMetering } from './days/request-metering.ts';
import { changeConfig, showConfig } from './kinds/change-config.ts';
import { requestClose, resolveInventory } from './periods/request-close.ts';
import { listPeriods, showPeriod } from './periods/show-periods.ts';
import { requestReplay } from './replays/request-replay.ts';
import { listReplayDifferences, listReplayedTenants, listReplays, showReplay } from './replays/show-replays.ts';
import { ingestUsage, resolveDeployments } from './reports/ingest-usage.ts';
import { listUnknownUsage } from './usage/list-unknown-usage.ts';
import { listUsage } from './usage/list-usage.ts';
import { showEvidence } from './usage/show-evidence.ts';

export const answers = [
  answer(metering.listUsage, listUsage),
  answer(metering.listUnknownUsage, listUnknownUsage),
  answer(metering.showEvidence, showEvidence),
  answer(metering.ingestUsage, { resolve: resolveDeployments, handle: ingestUsage }),
  answer(metering.listPeriods, listPeriods),
  answer(metering.getPeriod, showPeriod),
  answer(metering.closePeriod, { resolve: resolveInventory, handle: requestClose }),
  answer(metering.getMeteringConfig, showConfig),
  answer(metering.putMeteringConfig, changeConfig),
  answer(metering.runMetering, requestMetering),
  answer(metering.startReplay, requestReplay),
  answer(metering.getReplay, showReplay),
  answer(metering.listReplays, listReplays),
  answer(metering.listReplayedTenants, listReplayedTenants),
  answer(metering.listReplayDifferences, listReplayDifferences),
];
