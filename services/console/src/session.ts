/** Who is signed in. `tenantId` null: an operator. */
export type Person = { subject: string; tenantId: string | null };

/** What the session cookie holds. */
export type Session = { token: string; person: Person; expiresAt: Temporal.Instant };
