import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const env = (issuer: string) => ({
  CONSOLE_SECRET: 'a secret of the tests with more than 32 characters',
  OPENID_ISSUER: issuer,
  OPENID_CLIENT_ID: 'arcadia-console',
});

test.each(['https://issuer.example/realms/one', 'http://localhost:9100', 'http://127.0.0.1:9100'])(
  'people may sign in at %s',
  (issuer) => {
    expect(parseConfig(env(issuer)).openId?.issuer.href).toContain(issuer);
  },
);

test.each(['http://issuer.example', 'http://10.0.0.7:8080/realms/one', 'http://localhost.example', 'issuer.example'])(
  'the console does not start with the issuer %s, and names the variable',
  (issuer) => {
    expect(() => parseConfig(env(issuer))).toThrow(/OPENID_ISSUER: must b/);
  },
);
