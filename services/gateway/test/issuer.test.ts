import { expect, test } from 'vitest';
import { good, signedBy, startIssuer } from './issuer.ts';
import { openStage, startGateway } from './stage.ts';

test('a set of keys that is too large is not read', async () => {
  await using issuer = await startIssuer();
  issuer.growTo(300_000);
  await using stage = await openStage();
  await using gateway = await startGateway(stage.nats, { JWT_JWKS_URL: issuer.url });
  const token = await signedBy(issuer.signing.privateKey, { alg: 'ES256', kid: 'k1' }, good());
  expect((await gateway.send('/api/v1/usage', { token })).status).toBe(503);
});

test('a set of more than a hundred keys is not read', async () => {
  await using issuer = await startIssuer();
  issuer.publish(Array.from({ length: 100 }, (_, index) => ({ kty: 'oct', kid: `more-${index}`, k: 'AAAA' })));
  await using stage = await openStage();
  await using gateway = await startGateway(stage.nats, { JWT_JWKS_URL: issuer.url });
  const token = await signedBy(issuer.signing.privateKey, { alg: 'ES256', kid: 'k1' }, good());
  expect((await gateway.send('/api/v1/usage', { token })).status).toBe(503);
});

test('a flood of tokens with unknown keys, or while the issuer fails, fetches the keys a few times at most', async () => {
  await using issuer = await startIssuer();
  await using stage = await openStage();
  await using gateway = await startGateway(stage.nats, { JWT_JWKS_URL: issuer.url });
  const flood = async (status: number) => {
    const tokens = Array.from({ length: 100 }, (_, index) =>
      signedBy(issuer.signing.privateKey, { alg: 'ES256', kid: `unknown-${index}` }, good()),
    );
    for (const token of await Promise.all(tokens))
      expect((await gateway.send('/api/v1/usage', { token })).status).toBe(status);
  };
  await flood(401);
  expect(issuer.fetched()).toBeLessThanOrEqual(2);
  const genuine = await signedBy(issuer.signing.privateKey, { alg: 'ES256', kid: 'k1' }, good());
  expect((await gateway.send('/api/v1/usage', { token: genuine })).status).toBe(200);
  issuer.break();
  await using other = await startGateway(stage.nats, { JWT_JWKS_URL: issuer.url });
  const before = issuer.fetched();
  const began = performance.now();
  for (let turn = 0; turn < 50; turn += 1)
    expect((await other.send('/api/v1/usage', { token: genuine })).status).toBe(503);
  expect(issuer.fetched() - before).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 2_000));
});

test('while the issuer cannot be reached, every token gets a 503', async () => {
  await using issuer = await startIssuer();
  issuer.break();
  await using stage = await openStage();
  await using gateway = await startGateway(stage.nats, { JWT_JWKS_URL: issuer.url });
  const token = await signedBy(issuer.signing.privateKey, { alg: 'ES256', kid: 'k1' }, good());
  const response = await gateway.send('/api/v1/usage', { token });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  await using unreachable = await startGateway(stage.nats, { JWT_JWKS_URL: 'http://127.0.0.1:1/jwks.json' });
  expect((await unreachable.send('/api/v1/usage', { token })).status).toBe(503);
});
