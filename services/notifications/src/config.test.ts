import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const configWith = (networks: string) =>
  parseConfig({ NOTIFICATIONS_KEY: 'a key of the tests with more than 32 characters', EXPORT_NETWORKS: networks });

test('networks of exports are a list of IPv4 and IPv6 networks', () => {
  expect(configWith('10.0.5.0/24, fd00::/8,192.168.255.1/32').exportNetworks).toEqual([
    '10.0.5.0/24',
    'fd00::/8',
    '192.168.255.1/32',
  ]);
  expect(configWith('').exportNetworks).toEqual([]);
});

test.each(['10.0.5.0', '10.0.5.0/33', '10.0.5.256/24', '999.0.0.0/8', 'fd00::/129', 'fd00::', 'minio.internal', '*'])(
  'the network %s is refused by name',
  (network) => {
    expect(() => configWith(`10.0.0.0/8,${network}`)).toThrow(`EXPORT_NETWORKS: "${network}"`);
  },
);
