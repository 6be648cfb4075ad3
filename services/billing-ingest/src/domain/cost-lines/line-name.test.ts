import { describe, expect, test } from 'vitest';
import { namesOfLine, providerIdInDescription } from './line-name.ts';

const first = (kind: string, description: string, group_description = '') =>
  namesOfLine({ kind, description, group_description })[0];

describe('billing-ingest: the name in a description', () => {
  test.each([
    ['droplet', 'web (s-1vcpu-1gb)', 'web'],
    ['droplet', 'db (old) (s-1vcpu-1gb)', 'db (old)'],
    ['droplet', 'no size', 'no size'],
    ['droplet_backup', 'web (Weekly Backup Services)', 'web'],
    ['snapshot', 'web-1707755441748 (fra1) 10.15GB Droplet Snapshot', 'web-1707755441748'],
    ['snapshot', 'odd (1) name (syd1) 3.18GB Droplet Snapshot', 'odd (1) name'],
    ['snapshot', 'plain', 'plain'],
    ['volume', 'data (20GB)', 'data'],
    ['volume', 'data (syd1) 100GB', 'data'],
    ['volume', 'data - 100 GB', 'data'],
    ['volume', 'data', 'data'],
  ])('%s, %s is %s', (kind, description, name) => expect(first(kind, description)).toBe(name));

  test('of a Kubernetes worker includes its cluster from the group', () => {
    expect(namesOfLine({ kind: 'k8s_cluster', description: 'a56e08', group_description: 'my-doks' })).toContain(
      'my-doks',
    );
  });

  test('of a floating IP is its address, which is also its id', () => {
    const idOf = (description: string) => providerIdInDescription({ kind: 'floating_ip', description });
    expect(idOf('Unused Floating IP - 203.0.113.10')).toBe('203.0.113.10');
    expect(idOf('Unused Reserved IPv6 - 2001:DB8::1')).toBe('2001:db8::1');
    expect(idOf('Unused')).toBeNull();
    expect(providerIdInDescription({ kind: 'droplet', description: 'web-10.0.0.1' })).toBeNull();
  });
});
