import type { Role } from '@arcadia/contracts';
import { SignJWT } from 'jose';

/** How long a token for a local stack is valid, in real time. */
const lifetime = '12h';

/**
 * Issues a token as the operator's identity provider would. The services only verify tokens; on a local machine this command
 * takes the place of the identity provider.
 */
export const issueToken = (
  secret: string,
  claims: { subject: string; tenantId: string | null; role: Role },
): Promise<string> =>
  new SignJWT({ roles: [claims.role], ...(claims.tenantId === null ? {} : { tenant_id: claims.tenantId }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.subject)
    .setIssuer('arcadia')
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(secret));
