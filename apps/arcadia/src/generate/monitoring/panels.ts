/** A panel of the dashboard. */
export type Panel = {
  title: string;
  /** What it shows, for a person who sees it for the first time. */
  help: string;
  unit: 'short' | 's' | 'bytes' | 'percentunit' | 'reqps';
  /** PromQL by its legend. */
  series: Readonly<Record<string, string>>;
  /** From this value on a line is red. */
  red?: number;
};

const rate = (name: string, by: string): string => `sum by (${by}) (rate(${name}[5m]))`;
const quantile = (share: number, name: string, by: string): string =>
  `histogram_quantile(${share}, sum by (le, ${by}) (rate(${name}_bucket[5m])))`;
const figure = (fact: string, name: string): string => `arcadia_health_figure{fact="${fact}",figure="${name}"}`;

/** The panels of the dashboard by the heading of their row. */
export const rows: Readonly<Record<string, readonly Panel[]>> = {
  Health: [
    {
      title: 'Facts that are not ok',
      help: 'Each line is a fact of a service that is not ok. An empty panel is good, if the next one shows all services.',
      unit: 'short',
      series: { '{{service}}: {{fact}}': '(1 - min by (service, fact) (arcadia_health_ok)) > 0' },
      red: 1,
    },
    {
      title: 'Replicas that answer',
      help: 'The number of replicas of each service that Prometheus reaches. A service without a line is away.',
      unit: 'short',
      series: { '{{service}}': 'count by (service) (arcadia_health_ok{fact="nats"})' },
    },
    {
      title: 'Facts that need attention',
      help: 'The service works, but a person should look at the fact.',
      unit: 'short',
      series: { '{{service}}: {{fact}}': 'max by (service, fact) (arcadia_health_attention) > 0' },
      red: 1,
    },
  ],
  Requests: [
    {
      title: 'Requests to the API',
      help: 'Per second, by class of status.',
      unit: 'reqps',
      series: { '{{status}}': rate('arcadia_http_seconds_count', 'status') },
    },
    {
      title: 'Duration of requests to the API',
      help: 'Half of the requests are faster than the lower line, 95 % faster than the upper one.',
      unit: 's',
      series: {
        '50 % {{method}}': quantile(0.5, 'arcadia_http_seconds', 'method'),
        '95 % {{method}}': quantile(0.95, 'arcadia_http_seconds', 'method'),
      },
      red: 2,
    },
    {
      title: 'Slowest requests between services',
      help: 'The ten requests whose 95 % line is highest.',
      unit: 's',
      series: {
        '{{service}} {{request}}': `topk(10, ${quantile(0.95, 'arcadia_request_seconds', 'service, request')})`,
      },
      red: 2,
    },
    {
      title: 'Requests that failed',
      help: 'Unexpected errors, and requests for which the infrastructure was not available.',
      unit: 'reqps',
      series: {
        'incidents of {{service}}': rate('arcadia_incidents_total', 'service'),
        'unavailable in {{service}}': rate('arcadia_answered_total{outcome="unavailable"}', 'service'),
      },
      red: 0.01,
    },
  ],
  Events: [
    {
      title: 'Messages published',
      help: 'Per second. It never stays at 0: the inventory is listed every hour.',
      unit: 'reqps',
      series: { '{{service}} {{stream}}': rate('arcadia_published_total', 'service, stream') },
    },
    {
      title: 'Outbox',
      help: 'How long the oldest message has waited to be published, and how many wait.',
      unit: 's',
      series: {
        '{{service}}: seconds': 'max by (service) (arcadia_outbox_oldest_seconds)',
        '{{service}}: messages': 'max by (service) (arcadia_outbox_depth)',
        '{{service}}: replicas without an elected one': '1 - max by (service) (arcadia_relay_leaders)',
      },
      red: 60,
    },
    {
      title: 'Lag of consumers: messages',
      help: 'Messages that a consumer has not handled.',
      unit: 'short',
      series: { '{{service}} {{consumer}}': 'max by (service, consumer) (arcadia_consumer_lag)' },
      red: 50_000,
    },
    {
      title: 'Lag of consumers: age',
      help: 'How long the next message of a consumer has waited.',
      unit: 's',
      series: { '{{service}} {{consumer}}': 'max by (service, consumer) (arcadia_consumer_oldest_seconds)' },
      red: 600,
    },
    {
      title: 'Messages handled',
      help: 'Per second, and those that are tried again.',
      unit: 'reqps',
      series: {
        '{{service}} {{consumer}}': rate('arcadia_consumed_total', 'service, consumer'),
        'again: {{service}} {{consumer}}': rate('arcadia_retried_total', 'service, consumer'),
      },
    },
    {
      title: 'Duration of batches',
      help: '95 % of the batches of a consumer are handled and committed faster.',
      unit: 's',
      series: { '{{service}} {{consumer}}': quantile(0.95, 'arcadia_batch_seconds', 'service, consumer') },
      red: 60,
    },
    {
      title: 'Dead letters',
      help: 'Messages and jobs that are parked now.',
      unit: 'short',
      series: {
        '{{service}} {{consumer}}': 'max by (service, consumer) (arcadia_parked_messages) > 0',
        '{{service}} job {{job_name}}': 'max by (service, job_name) (arcadia_jobs_dead) > 0',
      },
      red: 1,
    },
  ],
  Jobs: [
    {
      title: 'Queues: runs',
      help: 'Runs that a queue has not finished. Replicas are added by these.',
      unit: 'short',
      series: { '{{service}} {{queue}}': 'max by (service, queue) (arcadia_job_queue_lag)' },
    },
    {
      title: 'Queues: idle',
      help: 'For how long a queue with waiting runs has begun none: all its workers are busy, or away.',
      unit: 's',
      series: { '{{service}} {{queue}}': 'max by (service, queue) (arcadia_job_queue_idle_seconds)' },
      red: 3_600,
    },
    {
      title: 'Lateness of jobs',
      help: '95 % of the runs of a job began sooner after they were due.',
      unit: 's',
      series: { '{{service}} {{job_name}}': quantile(0.95, 'arcadia_job_late_seconds', 'service, job_name') },
      red: 600,
    },
    {
      title: 'Duration of jobs',
      help: '95 % of the attempts of a job are faster.',
      unit: 's',
      series: { '{{service}} {{job_name}}': quantile(0.95, 'arcadia_job_seconds', 'service, job_name') },
    },
    {
      title: 'Runs that wait for a later attempt',
      help: 'They rise while something that the jobs need is away.',
      unit: 'short',
      series: { '{{service}}': 'max by (service) (arcadia_jobs_waiting)' },
    },
    {
      title: 'Attempts of jobs',
      help: 'Per second, by outcome.',
      unit: 'reqps',
      series: { '{{service}} {{outcome}}': rate('arcadia_jobs_total', 'service, outcome') },
    },
  ],
  Billing: [
    {
      title: 'Days that are metered',
      help: 'The share of the days of the open months, yesterday aside, that is metered. 100 % is right.',
      unit: 'percentunit',
      series: { metered: `min(${figure('usage', 'completeness')})` },
    },
    {
      title: 'Lines of bills that are explained',
      help: 'The share of the lines of the newest bill of the provider that name a known resource.',
      unit: 'percentunit',
      series: { matched: `min(${figure('reconciliation', 'match_rate')})` },
    },
    {
      title: 'Bills that wait for a person',
      help: 'Bills of the provider whose totals disagree, or that could not be read.',
      unit: 'short',
      series: { unsettled: `max(${figure('reconciliation', 'unsettled')})` },
      red: 1,
    },
    {
      title: 'Request budget of the provider',
      help: 'Requests that are left in this hour, of the token with the smallest share left.',
      unit: 'short',
      series: {
        left: `min(${figure('request budget', 'remaining')})`,
        limit: `min(${figure('request budget', 'limit')})`,
      },
    },
    {
      title: 'Oldest listing',
      help: 'How long ago the kind that waits longest was listed completely.',
      unit: 's',
      series: { age: `max(${figure('sweeps', 'oldest_seconds')})` },
      red: 10_800,
    },
    {
      title: 'Invoices that wait',
      help: 'Runs of invoicing that wait for a fact, an exchange rate or a bill.',
      unit: 'short',
      series: { waiting: `max(${figure('invoice runs', 'waiting')})` },
    },
  ],
  Machines: [
    {
      title: 'Size of the database',
      help: 'Of the database that all services share, or of each. Free space is seen on the host of Postgres alone.',
      unit: 'bytes',
      series: { '{{service}}': 'max by (service) (arcadia_database_bytes)' },
    },
    {
      title: 'Clock',
      help: 'Seconds by which the clock of a machine is ahead of that of Postgres.',
      unit: 's',
      series: { '{{service}} {{instance}}': 'arcadia_clock_ahead_seconds' },
    },
  ],
};
