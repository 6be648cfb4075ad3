import { remedies } from '@arcadia/platform';
import { serviceSettings } from '../settings.ts';

/** When Prometheus alerts, what it means, and what to do. */
type Alarm = {
  name: string;
  /** A PromQL expression that has a sample for each thing that is wrong. */
  expression: string;
  /** How many minutes it must last. */
  minutes: number;
  /** `critical`: bills or the API suffer now. `warning`: a person should look at it the same day. */
  severity: 'critical' | 'warning';
  meaning: string;
  remedy: string;
};

/** Services whose health must be known; a service that is away shows nothing that could turn red by itself. */
const observed = [...serviceSettings.map(({ service }) => service), 'installer'];

/** `dead letters` → `DeadLetters`. */
const wordsOf = (text: string): string =>
  text.replaceAll(/(?:^|[^a-z])([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The facts whose name is this word or begins with it. */
const ofFact = (fact: string): string => `fact=~"${fact}( .*)?"`;

const factAlarms: readonly Alarm[] = Object.entries(remedies).flatMap(([fact, remedy]): Alarm[] => [
  {
    name: `Arcadia${wordsOf(fact)}NotOk`,
    expression: `min by (service, fact) (arcadia_health_ok{${ofFact(fact)}}) == 0`,
    minutes: 5,
    severity: 'critical',
    meaning: `The fact \`${fact}\` of a service is not ok; \`/health/ready\` has the detail.`,
    remedy,
  },
  {
    name: `Arcadia${wordsOf(fact)}Attention`,
    expression: `max by (service, fact) (arcadia_health_attention{${ofFact(fact)}}) == 1`,
    minutes: 30,
    severity: 'warning',
    meaning: `The fact \`${fact}\` of a service needs attention; \`/health/ready\` has the detail.`,
    remedy,
  },
]);

const otherAlarms: readonly Alarm[] = [
  {
    name: 'ArcadiaReplicaAway',
    expression: 'up{job="arcadia"} == 0',
    minutes: 3,
    severity: 'warning',
    meaning: 'A replica does not answer Prometheus.',
    remedy: 'Look at its log. Its supervisor starts it again; the other replicas do its work meanwhile.',
  },
  ...observed.map(
    (service): Alarm => ({
      name: `Arcadia${wordsOf(service)}Away`,
      expression: `absent(arcadia_health_ok{service="${service}",fact="nats"})`,
      minutes: 5,
      severity: 'critical',
      meaning: `No replica of ${service} is known to Prometheus.`,
      remedy: `Start ${service}; its log names what it waits for. If it runs, correct the address at which Prometheus looks for it.`,
    }),
  ),
  {
    name: 'ArcadiaNothingPublished',
    // Without a sample, as when nothing was published since the start, the sum is empty and not 0.
    expression: '(sum(increase(arcadia_published_total{service="inventory-sync"}[3h])) or vector(0)) == 0',
    minutes: 60,
    severity: 'critical',
    meaning: 'Nothing was published for three hours, though the inventory is listed hourly.',
    remedy: 'Look at the facts `sync of …`, `relay` and `nats` of inventory-sync: it cannot list, or cannot publish.',
  },
  {
    name: 'ArcadiaMessageLost',
    expression: 'increase(arcadia_stream_regressed_total[1h]) > 0',
    minutes: 0,
    severity: 'critical',
    meaning: 'NATS lost messages that it had acknowledged.',
    remedy: 'Nothing for the data: the watchdog publishes them again. Find out what happened to the disk of NATS.',
  },
  {
    name: 'ArcadiaIncident',
    expression: 'increase(arcadia_incidents_total[15m]) > 0',
    minutes: 0,
    severity: 'warning',
    meaning: 'A request failed with an unexpected error.',
    remedy: 'Find the incident in the log of the service; the caller has its id.',
  },
  {
    name: 'ArcadiaErrorsOfTheApi',
    expression:
      'sum(rate(arcadia_http_seconds_count{status="5xx"}[10m])) > 0.02 * sum(rate(arcadia_http_seconds_count[10m]))',
    minutes: 10,
    severity: 'critical',
    meaning: 'More than 2 % of the requests to the API fail.',
    remedy: 'Look at the health of all services: `npm run arcadia -- doctor`.',
  },
  {
    name: 'ArcadiaApiSlow',
    expression: 'histogram_quantile(0.95, sum by (le) (rate(arcadia_http_seconds_bucket{method="GET"}[10m]))) > 2',
    minutes: 15,
    severity: 'warning',
    meaning: 'One read of the API in twenty takes longer than 2 seconds.',
    remedy: 'Look at the dashboard for the request that is slow, and at the processor and the disk of Postgres.',
  },
  {
    name: 'ArcadiaJobsLate',
    expression:
      'histogram_quantile(0.95, sum by (le, service, job_name) (rate(arcadia_job_late_seconds_bucket[30m]))) > 600',
    minutes: 15,
    severity: 'warning',
    meaning: 'Runs of a job begin over ten minutes after they were due.',
    remedy: remedies['job queues'] ?? '',
  },
  {
    name: 'ArcadiaJobsWaiting',
    expression: 'min_over_time(arcadia_jobs_waiting[1h]) > 0 and delta(arcadia_jobs_waiting[1h]) > 0',
    minutes: 0,
    severity: 'warning',
    meaning: 'For an hour more and more runs of jobs wait for a later attempt.',
    remedy: 'Look at the log of the service: a service or the provider that the jobs need is away.',
  },
  {
    name: 'ArcadiaConsumerFallsBehind',
    expression: 'min_over_time(arcadia_consumer_lag[30m]) > 1000 and delta(arcadia_consumer_lag[30m]) > 0',
    minutes: 0,
    severity: 'warning',
    meaning: 'For half an hour messages arrive faster than a consumer handles them.',
    remedy: remedies['consumer'] ?? '',
  },
  {
    name: 'ArcadiaOutboxGrows',
    expression: 'min_over_time(arcadia_outbox_depth[10m]) > 100 and delta(arcadia_outbox_depth[10m]) > 0',
    minutes: 0,
    severity: 'warning',
    meaning: 'For ten minutes messages are written faster than they are published.',
    remedy: remedies['relay'] ?? '',
  },
  {
    name: 'ArcadiaBillsUnexplained',
    expression: 'min(arcadia_health_figure{fact="reconciliation",figure="match_rate"}) < 0.95',
    minutes: 60,
    severity: 'warning',
    meaning: 'More than 5 % of the lines of the newest bill name no known resource.',
    remedy: 'List them with `GET /api/v1/billing/cost-lines?is_matched=false`; the reason stands beside each.',
  },
];

export const alarms: readonly Alarm[] = [...factAlarms, ...otherAlarms];
