import { z } from 'zod';
import { moneyReaders, operators, staff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { countField } from '../fields.ts';
import { json } from '../json.ts';
import { pageInput, pageOf } from '../page.ts';
import { type ServiceName, services } from '../services.ts';
import { instantText } from '../time.ts';

/** The name of a service. */
export const serviceName = z
  .enum(Object.keys(services) as [ServiceName, ...ServiceName[]])
  .meta({ description: 'Name of the service.', example: 'metering' });

/** One thing that a service checks about itself. */
const healthFact = z.object({
  name: z.string().meta({ description: 'What is checked.', example: 'consumer facts' }),
  ok: z.boolean().describe('False: it keeps the service from its work.'),
  needs_attention: z
    .boolean()
    .default(false)
    .describe('True: a person should look at it, also where the service can do its work.'),
  detail: z.string().nullable().meta({
    description: 'What is wrong, or how it is; null: nothing.',
    example: 'nothing has been published for 75 seconds',
  }),
  remedy: z.string().nullable().default(null).meta({
    description: 'What to do about it; null while it needs no attention.',
    example: 'Correct the time service of the host.',
  }),
  lag: z.int().nullable().meta({
    description: 'Messages that a consumer has not handled yet; null for other facts.',
    example: 12,
  }),
  waiting: z.int().nullable().meta({
    description: 'Messages of the outbox, or job runs, that wait; null for other facts.',
    example: 0,
  }),
  oldest_seconds: z.int().nullable().meta({
    description: 'How long the oldest of them has waited, in seconds; null for other facts.',
    example: 0,
  }),
});

/** The state of one service, as one of its replicas finds it. */
export const serviceState = z.object({
  service: serviceName,
  status: z
    .enum(['ready', 'not-ready', 'unavailable'])
    .describe(
      '`ready`: it can do its work; `not-ready`: a fact below gives the reason; `unavailable`: it does not answer.',
    ),
  detail: z.string().nullable().meta({
    description: 'Why it is not ready or does not answer; null: it is ready.',
    example: 'metering does not answer at the moment',
  }),
  facts: z.array(healthFact).describe('What it checks about itself; empty while it does not answer.'),
  dead_letters: z.int().min(0).nullable().meta({
    description: 'Messages and jobs that failed for the last time; null while it does not answer.',
    example: 0,
  }),
});

/** A run of a job. */
export const jobRun = z.object({
  service: serviceName,
  job: z.string().meta({ description: 'Name of the job.', example: 'meter-day' }),
  key: z.string().meta({ description: 'What it is about.', example: '2026-04-03' }),
  cause: z.string().meta({
    description: 'What it follows from: a scheduled instant, an event or a request.',
    example: '2026-04-04T00:10:00Z',
  }),
  state: z
    .enum(['running', 'waiting', 'done', 'dead'])
    .describe('`waiting`: for its next attempt; `dead`: it failed for the last time, and has a dead letter.'),
  attempt: z.int().min(1).meta({ description: 'Number of the attempt, counted from 1.', example: 1 }),
  progress: json.meta({ description: 'How far it is, in its own words; null: it reports nothing.', example: null }),
  error: z
    .string()
    .nullable()
    .meta({ description: 'Error of the last attempt; null: none.', example: 'the provider answered 503' }),
  created_at: instantText.describe('When its first attempt began, by the wall clock.'),
  finished_at: instantText.nullable().describe('When it ended, by the wall clock; null before.'),
});

const jobState = z.enum(['running', 'waiting', 'done', 'dead']);

/** The parts of a list of job runs that the services answer. */
export const jobFilter = z.object({
  status: jobState.optional().describe('Only runs in this state.'),
  job: z.string().max(100).optional().meta({ description: 'Only runs of this job.', example: 'meter-day' }),
});

/** A message or job that failed for the last time. */
export const deadLetter = z.object({
  number: z.int().min(1).meta({ description: 'Its number, by which it is requeued or dismissed.', example: 17 }),
  service: serviceName,
  consumer: z.string().meta({
    description: 'The consumer that could not process it, or `job-` and the name of the job.',
    example: 'job-close-period',
  }),
  fault: z.string().meta({
    description: 'The fault in a word: `newer-version`, `invalid-data`, `handler-failed` or `job-failed`.',
    example: 'handler-failed',
  }),
  detail: z.string().meta({ description: 'The error.', example: 'Error: no price of droplet_hours' }),
  attempts: z.int().min(0).meta({ description: 'How often it was tried.', example: 5 }),
  parked_at: instantText.describe('When it was set aside, by the clock of the service.'),
  stream: z.string().meta({ description: 'Stream of the message.', example: 'INVENTORY' }),
  subject: z.string().meta({ description: 'Subject of the message.', example: 'resource.observed.droplet' }),
  sequence: z.int().min(1).meta({ description: 'Its sequence on the stream.', example: 64 }),
});

/** A dead letter with the message itself. */
export const deadLetterWithMessage = deadLetter.extend({
  payload: z.string().nullable().meta({
    description: 'The text of the message; null: it is too large to be kept twice.',
    example: '{"resource_id":"0191f6b2-7a51-8c3e-9d1e-3f6a2b1c4d5e"}',
  }),
});

/** A dead letter by its number. */
export const deadLetterId = z.object({
  number: countField(1, Number.MAX_SAFE_INTEGER).meta({ description: 'Number of the dead letter.', example: 17 }),
});

/** Services that a composed answer lacks. */
export const unavailableServices = z
  .array(serviceName)
  .describe('Services that did not answer. Their part is missing here, which does not mean that there is nothing.');

export const getSystem = defineRequest({
  name: 'system.get',
  service: 'gateway',
  summary: 'Get the state of every service: lag of its consumers, outbox, jobs, schedule and dead letters.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({}),
  output: z.object({ services: z.array(serviceState).describe('One entry for each service.') }),
  refusals: [],
});

export const listJobs = defineRequest({
  name: 'jobs.list',
  service: 'gateway',
  summary: 'List the job runs of all services, those that run or wait first, and the newest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    ...jobFilter.shape,
    service: serviceName.optional().describe('Only runs of this service.'),
  }),
  output: pageOf(jobRun).extend({ unavailable: unavailableServices }),
  refusals: ['invalid-cursor'],
});

export const listDeadLetters = defineRequest({
  name: 'dead-letters.list',
  service: 'gateway',
  summary: 'List messages and jobs that failed for the last time, oldest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({ service: serviceName.optional().describe('Only those of this service.') }),
  output: pageOf(deadLetter),
  refusals: ['invalid-cursor'],
});

export const getDeadLetter = defineRequest({
  name: 'dead-letters.get',
  service: 'gateway',
  summary: 'Get a dead letter with the message itself.',
  effect: 'read',
  roles: moneyReaders,
  input: deadLetterId,
  output: deadLetterWithMessage,
  refusals: ['not-found'],
});

export const requeueDeadLetter = defineRequest({
  name: 'dead-letters.requeue',
  service: 'gateway',
  summary:
    'Requeue a dead letter: its service processes the message again, or gives the job another attempt. Another failure makes a new dead letter.',
  effect: 'command',
  roles: operators,
  input: deadLetterId,
  output: deadLetter,
  refusals: ['not-found', 'message-gone'],
});

export const dismissDeadLetter = defineRequest({
  name: 'dead-letters.dismiss',
  service: 'gateway',
  summary: 'Dismiss a dead letter that needs no further handling. Its message is not processed.',
  effect: 'command',
  roles: operators,
  input: deadLetterId,
  output: deadLetter,
  refusals: ['not-found'],
});
