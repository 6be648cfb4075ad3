import type { ProblemType } from './problem-type.ts';

/** Problems of webhooks, mails and scheduled exports. */
export const notificationProblems = {
  'url-not-allowed': {
    status: 422,
    meaning: 'No webhook is posted to this URL, and nothing is exported to it.',
    when: 'It does not begin with https, contains a user or password, or names an address or host that is not public; the URL of an export also if it has a query.',
    remedy: 'Use an https URL of a server that is reachable on the public internet.',
  },
  'too-many-endpoints': {
    status: 409,
    meaning: 'The tenant, or the operator, has as many webhook endpoints as are possible.',
    when: 'Another one is created.',
    remedy: 'Delete one that is no longer used, or subscribe an existing one to more types of events.',
  },
  'endpoint-disabled': {
    status: 409,
    meaning: 'The webhook endpoint is disabled.',
    when: 'A test event or a replay is requested for it.',
    remedy: 'Mend the server if it failed, enable the endpoint, then repeat the request.',
  },
  'too-many-exports': {
    status: 409,
    meaning: 'The tenant, or the operator, has as many scheduled exports as are possible.',
    when: 'Another one is created.',
    remedy: 'Delete one that is no longer used.',
  },
  'invalid-schedule': {
    status: 422,
    meaning: 'The schedule is no cron expression of five fields, or it is due more often than once an hour.',
    when: 'A scheduled export is created or updated.',
    remedy: 'Use a schedule such as `30 4 * * *`, which is 04:30 UTC of each day.',
  },
  'export-paused': {
    status: 409,
    meaning: 'The scheduled export is paused.',
    when: 'A month of it is to be exported now.',
    remedy: 'Set `is_paused` to false, then repeat the request.',
  },
  'mail-off': {
    status: 409,
    meaning: 'This system sends no mails.',
    when: 'A mail is to be sent again, but no mail server is configured.',
    remedy: 'Ask the operator to configure a mail server.',
  },
  'recipient-suppressed': {
    status: 409,
    meaning: 'The recipient gets no mails, because the mail server refused the address for good.',
    when: 'A mail to it is to be sent again.',
    remedy: 'Correct the address in the billing profile, or ask the operator to let the address get mails again.',
  },
} as const satisfies Record<string, ProblemType>;
