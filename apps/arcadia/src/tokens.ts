import { SignJWT } from 'jose';

/** How long a token for a local stack is good, on the wall clock. */
const lifetime = '12h';

/**
 * A token as the company's identity provider would issue it. The product verifies tokens and never makes any; on one's own
 * machine somebody has to.
 */
export const issueToken = (
  secret: string,
  claims: { subject: string; tenantId: string | null; role: 'platform_admin' | 'tenant' },
): Promise<string> =>
  new SignJWT({ roles: [claims.role], ...(claims.tenantId === null ? {} : { tenant_id: claims.tenantId }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.subject)
    .setIssuer('arcadia')
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(secret));
