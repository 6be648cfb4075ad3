import type { ProblemType } from './problem-type.ts';

/** Problems that any request can meet, whichever service owns it. */
export const generalProblems = {
  'bad-request': {
    status: 400,
    meaning: 'The request cannot be read.',
    when: 'The body is not JSON or not UTF-8, is nested too deeply, has a field twice or a number that would be rounded, or contains text that cannot be stored; a body is sent where none is read; or a header or the address is malformed.',
    remedy: 'Correct the request as `detail` explains. Sending it again unchanged fails again.',
  },
  unauthenticated: {
    status: 401,
    meaning: 'The request has no valid token.',
    when: 'The `Authorization` header is missing, or its token is expired, not yet valid, valid for too long, signed by another issuer, or without roles or the tenant that its role needs.',
    remedy: 'Get a new token from the identity provider and send `Authorization: Bearer <JWT>`.',
  },
  forbidden: {
    status: 403,
    meaning: 'The caller’s role does not permit this.',
    when: 'The token has none of the roles that the route needs (docs/permissions.md), or a tenant uses a field or makes a change that is reserved for operators.',
    remedy: 'Leave out the field that `detail` names, or ask an operator.',
  },
  'not-found': {
    status: 404,
    meaning: 'The address or the object does not exist, or the caller may not see it.',
    when: 'An id in the path is unknown or belongs to another tenant, or the API has no such path.',
    remedy: 'Check the address and the id. The list route of the same kind returns the ids that the caller may see.',
  },
  'unknown-tenant': {
    status: 422,
    meaning: 'The request names a tenant that does not exist.',
    when: 'The tenant id is misspelt, or the tenant was not created; `near` lists the ids that differ from it by at most two letters.',
    remedy: 'Correct the id, or create the tenant first: `POST /api/v1/tenants`.',
  },
  'method-not-allowed': {
    status: 405,
    meaning: 'The path exists, but not for this HTTP method.',
    when: 'For example, a GET is sent to a path that only takes POST.',
    remedy: 'Use one of the methods in the `Allow` header.',
  },
  'not-acceptable': {
    status: 406,
    meaning: 'The address has no representation that the caller accepts.',
    when: '`Accept` names only media types other than the one that the address is answered as, or excludes it with `q=0`.',
    remedy: 'Accept the media type that `detail` names, or leave `Accept` out.',
  },
  'unknown-parameter': {
    status: 400,
    meaning: 'The request has a query parameter that the address does not know.',
    when: 'The parameter is misspelt, belongs to another list, or has another name here; filters have one spelling on all lists.',
    remedy: 'Use the name in `errors`, or leave the parameter out.',
  },
  conflict: {
    status: 409,
    meaning: 'The request conflicts with the current state of the object.',
    when: 'Somebody else changed or claimed it first, it is already closed, or a saga is working on it.',
    remedy: 'Read the object again, then decide whether the change is still wanted.',
  },
  'in-flight': {
    status: 409,
    meaning: 'The same request, or one on the same object, is still being handled.',
    when: 'A command is sent twice at the same time, or waits for another command until its deadline.',
    remedy: 'Send it again with the same `Idempotency-Key`; it then returns the first answer.',
    retryAfterSeconds: 1,
  },
  'precondition-failed': {
    status: 412,
    meaning: 'It was changed since the caller read it.',
    when: '`If-Match` names an entity tag that is no longer the present one, or the thing no longer exists.',
    remedy:
      'Read it again, decide whether the change is still wanted, and send the new `ETag` as `If-Match`. `etag` is the present one.',
  },
  'idempotency-key-reused': {
    status: 422,
    meaning: 'The idempotency key was used for a different request.',
    when: 'The same caller sent another body or another path with this `Idempotency-Key`.',
    remedy: 'Use a new key for each new request, and the same key only to repeat one.',
  },
  'too-large': {
    status: 413,
    meaning: 'The body is too large.',
    when: 'The body exceeds the limit that `detail` names, in bytes.',
    remedy: 'Send less at a time.',
  },
  'headers-too-large': {
    status: 431,
    meaning: 'The request line and the headers are too large.',
    when: 'They have more than 16 KB together, for example by a very long token or query.',
    remedy: 'Send shorter headers and a shorter address.',
  },
  'too-slow': {
    status: 408,
    meaning: 'The request took too long to arrive.',
    when: 'Its headers are not complete within 10 seconds, or its body not within the time that the operator has set (`REQUEST_TIMEOUT_MS`).',
    remedy: 'Send the whole request without pause; repeat a command with the same `Idempotency-Key`.',
    retryAfterSeconds: 1,
  },
  'unsupported-media-type': {
    status: 415,
    meaning: 'The body is not declared as plain JSON in UTF-8.',
    when: '`Content-Type` is missing or names another format or charset, or the body has a `Content-Encoding`.',
    remedy: 'Send JSON with `Content-Type: application/json`.',
  },
  'invalid-request': {
    status: 422,
    meaning: 'Fields of the request are missing, unknown or malformed.',
    when: 'The path, query or body does not fit the schema in `/openapi.json`.',
    remedy: 'Correct the fields in `errors`; each has a JSON pointer and a reason.',
  },
  'invalid-input': {
    status: 422,
    meaning: 'The owning service rejected the fields of the request.',
    when: 'The gateway and the service run different versions, or a rule that spans several fields is broken.',
    remedy: 'Correct the fields in `errors`.',
  },
  'answer-too-large': {
    status: 422,
    meaning: 'The response would be too large to send.',
    when: 'A single object exceeds 512 KB. A list answers with fewer items than `limit` instead. A command that is refused so has changed nothing.',
    remedy: 'Narrow the filters, or change fewer things at a time.',
  },
  'invalid-cursor': {
    status: 400,
    meaning: 'The cursor was not returned by this list.',
    when: '`cursor` was altered, or comes from another list or another order of it.',
    remedy: 'Use `next_cursor` of the previous page unchanged, or leave `cursor` out to start again.',
  },
  'invalid-range': {
    status: 422,
    meaning: 'The range of days, times or periods is not possible.',
    when: 'It ends before it begins, or is longer than the request allows.',
    remedy: 'Correct the two ends as `detail` explains.',
  },
  'invalid-time': {
    status: 422,
    meaning: 'The time lies where the change is not possible.',
    when: 'It is before the object started, after it ended, or in the future.',
    remedy: 'Name a time within the limits that `detail` gives.',
  },
  'tenant-missing': {
    status: 422,
    meaning: 'The request does not name a tenant.',
    when: 'An operator, who belongs to no tenant, leaves out `tenant_id`.',
    remedy: 'Add `tenant_id`.',
  },
  'unknown-deployment': {
    status: 422,
    meaning: 'A deployment that the request refers to does not exist.',
    when: '`deployment_id` in the body is unknown or belongs to another tenant.',
    remedy: 'Use an id from `GET /api/v1/deployments`.',
  },
  'unknown-kind': {
    status: 422,
    meaning: 'A kind that the request names does not exist.',
    when: 'The kind has no listing at the provider, has no metering configuration, has never been metered, or is misspelt in a plan, an addon, a price or an alert.',
    remedy: 'Use one of the kinds that `detail` names, or those of `GET /api/v1/metering/config`.',
  },
  'unknown-dimension': {
    status: 422,
    meaning: 'Usage of the kind has no dimension, or the size looks like a misspelling.',
    when: 'A price, a price list or a quote names a size (`dimension`) for a billing kind whose price cannot depend on one, or a size without a list price that is near one with a list price.',
    remedy:
      'Leave `dimension` out, or name a kind that is metered by size, such as `droplet_hours`; use one of the sizes that `near` names, or set the list price of a size that exists first.',
  },
  'message-gone': {
    status: 409,
    meaning: 'The message of the dead letter no longer exists.',
    when: 'The message was too large to be kept with the dead letter, and its stream no longer holds it.',
    remedy:
      'Dismiss the dead letter. What it would have changed must be derived again, for example by a replay of the period.',
  },
  'rate-limited': {
    status: 429,
    meaning: 'The caller, or its tenant, has sent too many requests.',
    when: 'One subject, or all subjects of a tenant together, exceed the number of requests per minute in the `RateLimit-Policy` header.',
    remedy: 'Wait the number of seconds in `Retry-After`.',
    retryAfterSeconds: 60,
  },
  'too-many-open': {
    status: 429,
    meaning: 'The caller, or its tenant, has too many live feeds or downloads open.',
    when: 'As many as `detail` names are open at this replica of the gateway.',
    remedy: 'Close one, or wait the number of seconds in `Retry-After`.',
  },
  internal: {
    status: 500,
    meaning: 'The request failed because of an error in the system.',
    when: 'A service has a bug or a broken dependency. The change, if any, was not made.',
    remedy: 'Report `request_id` and the incident in `detail`; they find the error in the logs.',
  },
  unavailable: {
    status: 503,
    meaning: 'A service, or the provider, does not answer at the moment.',
    when: 'A service is starting or stopped, its database is away or its disk is full, the connection to NATS is down, or the provider does not respond.',
    remedy: 'Send the request again after `Retry-After` seconds; repeat a command with the same `Idempotency-Key`.',
    retryAfterSeconds: 2,
  },
} as const satisfies Record<string, ProblemType>;
