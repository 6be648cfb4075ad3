import type { Role } from '@arcadia/contracts';

/** Who is signed in. `tenantId` null: one of the operator's people. */
export type Person = { subject: string; tenantId: string | null; roles: Role[] };

/** What the session cookie holds. */
export type Session = { token: string; person: Person; expiresAt: Temporal.Instant };
