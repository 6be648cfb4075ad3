import { hash } from 'node:crypto';
import { role } from '@arcadia/contracts';
import type { Context as HttpContext } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { base64url, EncryptJWT, jwtDecrypt } from 'jose';
import { z } from 'zod';
import type { Session } from '../session.ts';

/** A cookie above this size is dropped by browsers. */
const cookieBytesAtMost = 3_800;

/** How long the way to the identity provider and back may take, in seconds. */
const signInSeconds = 600;

const session = z.object({
  token: z.string(),
  person: z.object({ subject: z.string(), tenantId: z.string().nullable(), roles: z.array(role) }),
  exp: z.number(),
});

/** What the console must remember while a person is at the identity provider. */
const signInAttempt = z.object({ verifier: z.string(), state: z.string(), nonce: z.string(), to: z.string() });
export type SignInAttempt = z.infer<typeof signInAttempt>;

/** A sentence that the next page shows once. */
const notice = z.object({ text: z.string(), isProblem: z.boolean() });
export type Notice = z.infer<typeof notice>;

/** The page that a person wanted before signing in. */
const wayBack = z.object({ to: z.string() });

export class CookieTooLarge extends Error {
  override readonly name = 'CookieTooLarge';
}

/** The cookies of the console. All are encrypted, so the token in them can be read by no script and on no disk. */
export type Cookies = ReturnType<typeof createCookies>;

export const createCookies = (options: { secret: string; isSecure: boolean }) => {
  const key = base64url.decode(hash('sha256', `arcadia console cookies ${options.secret}`, 'base64url'));
  const prefix = options.isSecure ? '__Host-' : '';
  const common = { httpOnly: true, secure: options.isSecure, path: '/' } as const;

  const seal = (purpose: string, content: Record<string, unknown>, until: Temporal.Instant): Promise<string> =>
    new EncryptJWT(content)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(purpose)
      .setExpirationTime(Math.floor(until.epochMilliseconds / 1000))
      .encrypt(key);
  const open = async <Content>(
    c: HttpContext,
    purpose: string,
    schema: z.ZodType<Content>,
  ): Promise<Content | null> => {
    const sealed = getCookie(c, prefix + purpose);
    if (sealed === undefined) return null;
    try {
      const { payload } = await jwtDecrypt(sealed, key, { audience: purpose });
      return schema.parse(payload);
    } catch {
      // Expired, made with another key, or not made here: as good as none.
      return null;
    }
  };
  const put = async (
    c: HttpContext,
    purpose: string,
    content: Record<string, unknown>,
    { until, sameSite }: { until: Temporal.Instant; sameSite: 'Strict' | 'Lax' },
  ): Promise<void> => {
    const value = await seal(purpose, content, until);
    if (value.length > cookieBytesAtMost) throw new CookieTooLarge(`a cookie of ${value.length} bytes`);
    setCookie(c, prefix + purpose, value, { ...common, sameSite, expires: new Date(until.epochMilliseconds) });
  };
  const drop = (c: HttpContext, purpose: string): void => {
    deleteCookie(c, prefix + purpose, { ...common });
  };
  const inSeconds = (seconds: number): Temporal.Instant => Temporal.Now.instant().add({ seconds });

  return {
    /** The session in a request; null without one, and after its end. */
    session: async (c: HttpContext): Promise<Session | null> => {
      const found = await open(c, 'session', session);
      if (found === null) return null;
      const { token, person, exp } = found;
      return { token, person, expiresAt: Temporal.Instant.fromEpochMilliseconds(exp * 1000) };
    },
    /** Throws CookieTooLarge for a token that no cookie can hold. */
    startSession: (c: HttpContext, { token, person, expiresAt }: Session) =>
      put(c, 'session', { token, person }, { until: expiresAt, sameSite: 'Strict' }),
    endSession: (c: HttpContext) => drop(c, 'session'),
    /** Sent back by the identity provider's redirect, which comes from another site. */
    startAttempt: (c: HttpContext, attempt: SignInAttempt) =>
      put(c, 'sign-in', attempt, { until: inSeconds(signInSeconds), sameSite: 'Lax' }),
    takeAttempt: async (c: HttpContext): Promise<SignInAttempt | null> => {
      const attempt = await open(c, 'sign-in', signInAttempt);
      drop(c, 'sign-in');
      return attempt;
    },
    leaveWayBack: (c: HttpContext, to: string) =>
      put(c, 'way-back', { to }, { until: inSeconds(signInSeconds), sameSite: 'Lax' }),
    takeWayBack: async (c: HttpContext): Promise<string | null> => {
      const found = await open(c, 'way-back', wayBack);
      if (found !== null) drop(c, 'way-back');
      return found?.to ?? null;
    },
    leaveNotice: (c: HttpContext, text: Notice) => put(c, 'notice', text, { until: inSeconds(60), sameSite: 'Strict' }),
    takeNotice: async (c: HttpContext): Promise<Notice | null> => {
      const found = await open(c, 'notice', notice);
      if (found !== null) drop(c, 'notice');
      return found;
    },
  };
};
