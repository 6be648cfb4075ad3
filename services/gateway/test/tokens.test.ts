import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64url, good, now, signedBy, startIssuer } from './issuer.ts';
import { openStage, operator, type RunningGateway, secret, startGateway, tenantUser, tokenOf } from './stage.ts';

/** A token made by hand, which no library would sign. */
const forged = (header: object, payload: object | string, key: string | null): string => {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  const signature = key === null ? '' : createHmac('sha256', key).update(signed).digest('base64url');
  return `${signed}.${signature}`;
};

/** Expects the same 401 for each of these tokens. */
const expectRefused = async (gateway: RunningGateway, attacks: Record<string, string | null>): Promise<void> => {
  const answers = await Promise.all(
    Object.entries(attacks).map(async ([name, token]) => {
      const response = await gateway.send('/api/v1/usage', { token });
      const { request_id: _, ...body } = (await response.json()) as Record<string, unknown>;
      return [name, { status: response.status, challenge: response.headers.get('www-authenticate'), body }] as const;
    }),
  );
  const refused = {
    status: 401,
    challenge: 'Bearer',
    body: {
      type: '/problems/unauthenticated',
      title: 'Unauthenticated',
      status: 401,
      detail: 'The request has no valid token; send `Authorization: Bearer <JWT>`.',
    },
  };
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(Object.keys(attacks).map((name) => [name, refused])));
};

/** Invalid claims, whichever key signs them. */
const badClaims: Record<string, object | string> = {
  'wrong issuer': { ...good(), iss: 'elsewhere' },
  'no issuer': { ...good(), iss: undefined },
  expired: { ...good(), exp: now() - 60 },
  'no expiry': { ...good(), exp: undefined },
  'expiry that is text': { ...good(), exp: String(now() + 600) },
  'no time of issue': { ...good(), iat: undefined },
  'issued in the future': { ...good(), iat: now() + 3600, exp: now() + 7200 },
  'expiry before the time of issue': { ...good(), iat: now() - 5, exp: now() - 6 },
  'expiry at the time of issue': { ...good(), iat: now() + 3, exp: now() + 3 },
  'issued twenty years ago': { ...good(), iat: now() - 631_152_000 },
  'valid for twenty years': { ...good(), exp: now() + 631_152_000 },
  'expiry in milliseconds': { ...good(), exp: Date.now() + 600_000 },
  'expiry beyond all numbers of seconds': { ...good(), exp: 1e308 },
  'time of issue that is text': { ...good(), iat: String(now()) },
  'not valid yet': { ...good(), nbf: now() + 600 },
  'no subject': { ...good(), sub: undefined },
  'empty subject': { ...good(), sub: '' },
  'a role that is a number': { ...good(), roles: ['platform_admin', 1] },
  'no roles': { ...good(), roles: undefined },
  'no role at all': { ...good(), roles: [] },
  'roles that are text': { ...good(), roles: 'platform_admin' },
  'tenant without tenant_id': { ...good(), roles: ['tenant'] },
  'a reader of a tenant without tenant_id': { ...good(), roles: ['tenant_viewer'] },
  'tenant with null tenant_id': { ...good(), roles: ['tenant'], tenant_id: null },
  'subject with a control character': { ...good(), sub: 'a\u0000b' },
  'subject with half a surrogate pair': { ...good(), sub: 'a\ud800' },
  'tenant_id with half a surrogate pair': { ...good(), roles: ['tenant'], tenant_id: 'a\udc00' },
  'tenant_id with a control character': { ...good(), roles: ['tenant'], tenant_id: 'a\u0000b' },
  'roles by way of __proto__': `{"iss":"arcadia","sub":"mallory","iat":${now()},"exp":${now() + 600},"__proto__":{"roles":["platform_admin"]}}`,
  'claims that are a list': '["platform_admin"]',
  'claims that are not JSON': '{"sub":',
};

describe('gateway tokens with a shared secret', () => {
  let stage: Awaited<ReturnType<typeof openStage>>;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test('a valid token is accepted with its own subject, tenant and roles', async () => {
    const { gateway, received } = stage;
    expect((await gateway.send('/api/v1/usage', { token: await tokenOf(tenantUser) })).status).toBe(200);
    expect(received.at(-1)?.actor).toEqual({ subject: 'tess', tenant_id: 'acme', roles: ['tenant'] });
    expect((await gateway.send('/api/v1/usage', { token: await tokenOf(operator, { typ: 'at+jwt' }) })).status).toBe(
      200,
    );
    expect(received.at(-1)?.actor).toEqual({ subject: 'olivia', tenant_id: null, roles: ['platform_admin'] });
  });

  test('an operator belongs to no tenant, even if the token names one', async () => {
    const token = await tokenOf({ ...operator, tenant_id: 'acme' });
    expect((await stage.gateway.send('/api/v1/usage', { token })).status).toBe(200);
    expect(stage.received.at(-1)?.actor.tenant_id).toBeNull();
  });

  test('roles that are unknown are ignored', async () => {
    const { gateway, received } = stage;
    const known = await tokenOf({ ...tenantUser, roles: ['root', 'tenant', '__proto__'] });
    expect((await gateway.send('/api/v1/usage', { token: known })).status).toBe(200);
    expect(received.at(-1)?.actor).toEqual({ subject: 'tess', tenant_id: 'acme', roles: ['tenant'] });
    const groups = Array.from({ length: 400 }, (_, index) => `group-${index}`);
    const many = await tokenOf({ ...tenantUser, roles: [...groups, 'tenant', ''] });
    expect((await gateway.send('/api/v1/usage', { token: many })).status).toBe(200);
    expect(received.at(-1)?.actor.roles).toEqual(['tenant']);
    const before = received.length;
    const unknown = await tokenOf({ ...operator, roles: ['root', 'Platform_Admin', 'constructor'] });
    for (const path of ['/api/v1/usage', '/api/v1/me', '/api/v1/events'])
      expect([path, (await gateway.send(path, { token: unknown })).status]).toEqual([path, 403]);
    expect(received.length).toBe(before);
  });

  test('one of the operator’s people belongs to no tenant and has no role at one', async () => {
    for (const role of ['auditor', 'billing', 'support'] as const) {
      const token = await tokenOf({ sub: 'sam', roles: ['tenant', role], tenant_id: 'acme' });
      expect((await stage.gateway.send('/api/v1/usage', { token })).status).toBe(200);
      expect(stage.received.at(-1)?.actor).toEqual({ subject: 'sam', tenant_id: null, roles: [role] });
    }
    const auditor = await tokenOf({ sub: 'ann', roles: ['tenant', 'auditor'], tenant_id: 'acme' });
    const post = { method: 'POST', body: '[]', headers: { 'content-type': 'application/json' } };
    expect((await stage.gateway.send('/api/v1/usage', { ...post, token: auditor })).status).toBe(403);
  });

  test('forged, foreign and misused tokens all get the same 401', async () => {
    const genuine = await tokenOf(operator);
    const [header, payload, signature = ''] = genuine.split('.');
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const hs256 = { alg: 'HS256', typ: 'JWT' };
    await expectRefused(stage.gateway, {
      'no token': null,
      'not a token': 'hello',
      'two parts': `${header}.${payload}`,
      'alg none': forged({ alg: 'none' }, good(), null),
      'alg None with a signature': forged({ alg: 'None' }, good(), secret),
      'signed with another secret': forged(hs256, good(), `${secret}0`),
      'signed with nothing': forged(hs256, good(), ''),
      'HS256 keyed with a public PEM': forged(hs256, good(), await exportSPKI(publicKey)),
      'RS256 instead of HS256': await new SignJWT(good()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey),
      'HS512 with the right secret': await new SignJWT(good())
        .setProtectedHeader({ alg: 'HS512' })
        .sign(new TextEncoder().encode(secret)),
      'tampered claims': `${header}.${base64url({ ...good(), sub: 'mallory' })}.${signature}`,
      'tampered header': `${base64url({ alg: 'HS256', typ: 'JWT', kid: 'x' })}.${payload}.${signature}`,
      'cut signature': `${header}.${payload}.${signature.slice(0, -2)}`,
      'unknown crit': forged({ ...hs256, crit: ['exp2'], exp2: 1 }, good(), secret),
      'an id token': forged({ alg: 'HS256', typ: 'id+jwt' }, good(), secret),
      'a type that is a number': forged({ alg: 'HS256', typ: 7 }, good(), secret),
      'a type that is a list': forged({ alg: 'HS256', typ: ['JWT'] }, good(), secret),
      'a logout token': forged({ alg: 'HS256', typ: 'logout+jwt' }, good(), secret),
      ...Object.fromEntries(Object.entries(badClaims).map(([name, claims]) => [name, forged(hs256, claims, secret)])),
    });
    expect(stage.received.every(({ actor }) => ['tess', 'olivia', 'sam'].includes(actor.subject))).toBe(true);
    expect(({} as { roles?: unknown }).roles).toBeUndefined();
  });

  test('other authorization schemes and malformed headers get a 401', async () => {
    const token = await tokenOf(operator);
    for (const authorization of [`Basic ${token}`, token, `Bearer  ${token}`, `Bearer ${token} ${token}`, 'Bearer ']) {
      const response = await stage.gateway.send('/api/v1/usage', { token: null, headers: { authorization } });
      expect([authorization, response.status]).toEqual([authorization, 401]);
    }
    const inQuery = await stage.gateway.send(`/api/v1/usage?access_token=${token}`, { token: null });
    expect(inQuery.status).toBe(401);
  });

  test('a configured audience is required', async () => {
    await using gateway = await startGateway(stage.nats, { JWT_AUDIENCE: 'arcadia-api' });
    const send = async (claims: JWTPayload) =>
      (await gateway.send('/api/v1/usage', { token: await tokenOf(claims) })).status;
    expect(await send({ ...operator, aud: 'arcadia-api' })).toBe(200);
    expect(await send({ ...operator, aud: ['other', 'arcadia-api'] })).toBe(200);
    expect(await send({ ...operator, aud: 'other' })).toBe(401);
    expect(await send(operator)).toBe(401);
  });
});

describe('gateway tokens with the published keys of an issuer', () => {
  test('valid tokens are accepted and all others get the same 401', async () => {
    await using issuer = await startIssuer();
    await using stage = await openStage();
    await using gateway = await startGateway(stage.nats, { JWT_JWKS_URL: issuer.url, JWT_ALGORITHMS: 'ES256,RS256' });
    const es256 = { alg: 'ES256', kid: 'k1', typ: 'at+jwt' };
    const genuine = await signedBy(issuer.signing.privateKey, es256, good());
    expect((await gateway.send('/api/v1/usage', { token: genuine })).status).toBe(200);

    const stranger = await generateKeyPair('ES256', { extractable: true });
    const strangerJwk = await exportJWK(stranger.publicKey);
    const pem = await exportSPKI(issuer.other.publicKey);
    const [header, , signature] = genuine.split('.');
    const signed = Object.entries(badClaims)
      .filter(([, claims]) => typeof claims !== 'string')
      .map(
        async ([name, claims]) =>
          [name, await signedBy(issuer.signing.privateKey, es256, JSON.parse(JSON.stringify(claims)))] as const,
      );
    await expectRefused(gateway, {
      'alg none': forged({ alg: 'none', kid: 'k1' }, good(), null),
      'HS256 keyed with the public PEM': forged({ alg: 'HS256', kid: 'k2' }, good(), pem),
      'HS256 keyed with the shared secret': forged({ alg: 'HS256', kid: 'k1' }, good(), secret),
      'another key under a known kid': await signedBy(stranger.privateKey, es256, good()),
      'another algorithm under a known kid': await signedBy(
        issuer.other.privateKey,
        { alg: 'RS256', kid: 'k1' },
        good(),
      ),
      'PS256, which is not allowed': await signedBy(
        (await generateKeyPair('PS256', { extractable: true })).privateKey,
        { alg: 'PS256', kid: 'k2' },
        good(),
      ),
      'a key embedded in the header': await signedBy(stranger.privateKey, { ...es256, jwk: strangerJwk }, good()),
      'a key at an address of its own': await signedBy(
        stranger.privateKey,
        { ...es256, jku: 'http://127.0.0.1:1/jwks.json' },
        good(),
      ),
      'a kid that climbs': await signedBy(stranger.privateKey, { alg: 'ES256', kid: '../../etc/passwd' }, good()),
      'an unknown kid': await signedBy(stranger.privateKey, { alg: 'ES256', kid: 'k9' }, good()),
      'no kid, though genuine': await signedBy(issuer.signing.privateKey, { alg: 'ES256' }, good()),
      'a kid that is a number': await signedBy(issuer.signing.privateKey, { alg: 'ES256', kid: 1 }, good()),
      'tampered claims': `${header}.${base64url({ ...good(), sub: 'mallory' })}.${signature}`,
      'unknown crit': `${base64url({ ...es256, crit: ['x'], x: 1 })}.${genuine.split('.')[1]}.${signature}`,
      'a genuine signature of a weak RSA key': issuer.weak.sign(good()),
      'wrong type': await signedBy(issuer.signing.privateKey, { ...es256, typ: 'secevent+jwt' }, good()),
      ...Object.fromEntries(await Promise.all(signed)),
    });
  });
});
