import { z } from 'zod';
import { operators, staff } from './actor.ts';
import { defineRequest } from './define.ts';
import { jobFilter, jobRun, serviceState } from './gateway/system.ts';
import type { ServiceName } from './services.ts';
import { instantText } from './time.ts';

/*
 * The requests with which the gateway shows and operates the system. Every service with a database answers them about itself; the
 * gateway puts the answers of all services together.
 */

/** The request for the state of a service: lag, outbox, jobs, schedule and dead letters. */
export const serviceStateRequest = (service: ServiceName) =>
  defineRequest({
    name: 'system.state',
    service,
    summary: 'Get the state of this service.',
    effect: 'read',
    roles: staff,
    input: z.strictObject({}),
    output: serviceState,
    refusals: [],
  });

/** The request for the job runs of a service. */
export const jobListRequest = (service: ServiceName) =>
  defineRequest({
    name: 'system.jobs',
    service,
    summary: 'List job runs of this service, those that run or wait first, and the newest first; and count all.',
    effect: 'read',
    roles: staff,
    // One more than a page, from which the gateway sees that there is another. The defaults are for a gateway or a service of another version.
    input: jobFilter.extend({
      limit: z.int().min(1).max(201),
      after: z
        .object({
          state: jobRun.shape.state,
          created_at: instantText,
          /** Job, key and cause of the last run of the page; null where all runs of that instant are on it. */
          run: z.tuple([z.string(), z.string(), z.string()]).nullable(),
        })
        .nullable()
        .default(null),
      total: z.boolean().default(false),
    }),
    output: z.object({ items: z.array(jobRun), total: z.int().nullable().default(null) }),
    refusals: [],
  });

/** The request that gives a job of a service, which failed for the last time, another attempt. */
export const requeueJobRequest = (service: ServiceName) =>
  defineRequest({
    name: 'jobs.requeue',
    service,
    summary: 'Give a parked job another attempt.',
    effect: 'command',
    roles: operators,
    input: z.object({ job: z.string(), key: z.string(), cause: z.string() }),
    output: z.object({ attempt: z.int() }),
    refusals: ['not-found'],
  });

/** Answered by the service that owns the stream: only it may publish there, and it publishes nothing but what is on its stream. */
export const republishRequest = (service: ServiceName) =>
  defineRequest({
    name: 'system.republish',
    service,
    summary: 'Publish a message of this service again, for the one consumer that could not process it.',
    effect: 'command',
    roles: operators,
    input: z.object({
      stream: z.string(),
      seq: z.int().min(1),
      message_id: z.string(),
      for: z.string(),
      letter: z.int().min(1),
    }),
    output: z.object({ seq: z.int() }),
    refusals: ['message-gone'],
  });

/** Sent by `npm run arcadia -- republish`, with the operator's login: no service sends it. */
export const republishLogRequest = (service: ServiceName) =>
  defineRequest({
    name: 'system.republish-log',
    service,
    summary: 'Publish the log of this service again, to each of its streams that holds fewer messages than the log.',
    effect: 'command',
    roles: operators,
    input: z.object({ force: z.boolean() }),
    output: z.object({
      streams: z.array(z.object({ stream: z.string(), held: z.int(), logged: z.int(), republished: z.int() })),
    }),
    refusals: [],
  });

/** Sent by `npm run arcadia -- rebuild`, with the operator's login: no service sends it. */
export const rebuildRequest = (service: ServiceName) =>
  defineRequest({
    name: 'system.rebuild',
    service,
    summary:
      'End this service and, when it starts again, write the tables that only consumers write again from the streams.',
    effect: 'command',
    roles: operators,
    input: z.object({}),
    output: z.object({ tables: z.array(z.string()) }),
    refusals: ['nothing-to-rebuild'],
  });

/** All of them that the gateway sends, of one service. */
export const operatingRequests = (service: ServiceName) => [
  serviceStateRequest(service),
  jobListRequest(service),
  requeueJobRequest(service),
  republishRequest(service),
];
