import { metering } from '@arcadia/contracts';
import { answer, defineService } from '@arcadia/platform';
import { listReplayDifferences, listReplayedTenants, listReplays, showReplay, startReplay } from './ask-for-replay.ts';
import { askToClose } from './ask-to-close.ts';
import { changeConfig, showConfig } from './change-config.ts';
import { config, type MeteringConfig } from './config.ts';
import { consumeDeployments } from './consume-deployments.ts';
import { consumeInventory } from './consume-inventory.ts';
import { consumeInvoicing } from './consume-invoicing.ts';
import { ingestUsage } from './ingest-usage.ts';
import { jobs } from './jobs.ts';
import { listUsage } from './list-usage.ts';
import { migrations } from './migrations/index.ts';
import { runMetering } from './run-metering.ts';
import { showEvidence } from './show-evidence.ts';
import { showPeriod, showPeriods } from './show-periods.ts';
import type { MeteringTables } from './store/schema.ts';

/** Exact usage from what was observed, and the closing of billing periods. */
export const service = defineService<MeteringTables, MeteringConfig>({
  name: 'metering',
  schema: 'metering',
  config,
  migrations,
  publishes: [metering.usageReported, metering.usageAccrued, metering.periodClosed],
  consumes: [consumeInventory, consumeDeployments, consumeInvoicing],
  answers: [
    answer(metering.listUsage, listUsage),
    answer(metering.showEvidence, showEvidence),
    answer(metering.ingestUsage, ingestUsage),
    answer(metering.listPeriods, showPeriods),
    answer(metering.getPeriod, showPeriod),
    answer(metering.closePeriod, askToClose),
    answer(metering.getMeteringConfig, showConfig),
    answer(metering.putMeteringConfig, changeConfig),
    answer(metering.runMetering, runMetering),
    answer(metering.startReplay, startReplay),
    answer(metering.getReplay, showReplay),
    answer(metering.listReplays, listReplays),
    answer(metering.listReplayedTenants, listReplayedTenants),
    answer(metering.listReplayDifferences, listReplayDifferences),
  ],
  jobs,
});
