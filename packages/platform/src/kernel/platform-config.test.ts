import { expect, test } from 'vitest';
import { parseInstallerConfig, parsePlatformConfig } from './platform-config.ts';

test('a blank variable of the platform counts as absent', () => {
  const blank = { RETENTION_DAYS: '', NATS_REPLICAS: ' ', HEALTH_PORT: '', DATABASE_CONNECTIONS: '', LOG_LEVEL: '' };
  expect(parsePlatformConfig(blank)).toEqual(parsePlatformConfig({}));
  expect(parsePlatformConfig({})).toMatchObject({ retentionDays: 400, healthPort: 8080 });
  expect(parseInstallerConfig(blank)).toEqual(parseInstallerConfig({}));
  expect(parseInstallerConfig({}).streams).toEqual({ retentionDays: 400, replicas: 1, mayShrink: false });
});

test('a wrong variable of the platform is named with what is possible', () => {
  const wrong = {
    RETENTION_DAYS: '0',
    NATS_REPLICAS: '2',
    HEALTH_PORT: 'http',
    DATABASE_CONNECTIONS: '1.5',
    LOG_LEVEL: 'loud',
  };
  expect(() => parsePlatformConfig(wrong)).toThrow(
    /LOG_LEVEL: one of .*HEALTH_PORT: give a port.*DATABASE_CONNECTIONS: .*RETENTION_DAYS: at least 31/,
  );
  expect(() => parseInstallerConfig(wrong)).toThrow(/RETENTION_DAYS: at least 31.*NATS_REPLICAS: 1 for/);
});
