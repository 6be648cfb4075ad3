import { describe, expect, it } from 'vitest';
import { parseUrn, resourceUrn } from './derived.ts';

describe('a URN', () => {
  it.each([
    ['do:droplet:13457723', 'droplet', '13457723'],
    ['do:domain:example.com', 'dns_zone', 'example.com'],
    ['do:space:assets', 'spaces_bucket', 'assets'],
    ['do:floatingip:192.0.2.1', 'floating_ip', '192.0.2.1'],
    ['do:reservedip:192.0.2.1', 'floating_ip', '192.0.2.1'],
    ['do:reservedipv6:2001:db8::1', 'floating_ip', '2001:db8::1'],
    ['do:floatingipv6:2001:db8::1', 'floating_ip', '2001:db8::1'],
    ['do:loadbalancer:4de7', 'load_balancer', '4de7'],
    ['do:dbaas:9cc1', 'managed_db', '9cc1'],
    ['do:kubernetes:bd5f', 'k8s_cluster', 'bd5f'],
    ['do:volumesnapshot:8eb4', 'snapshot', '8eb4'],
    ['do:image:63663980', 'snapshot', '63663980'],
    ['do:microdroplet:new-kind', 'microdroplet', 'new-kind'],
  ])('%s names a %s', (urn, kind, id) => {
    expect(parseUrn(urn)).toMatchObject({ kind, id });
  });

  it.each(['', 'do:', 'do:droplet', 'do:droplet:', 'urn:droplet:1', 'do::1'])('%j is not a URN', (urn) => {
    expect(parseUrn(urn)).toBeUndefined();
  });

  it('for an assignment has the type names of the Projects API', () => {
    expect(resourceUrn('floating_ip', '192.0.2.1')).toBe('do:floatingip:192.0.2.1');
    expect(resourceUrn('dns_zone', 'example.com')).toBe('do:domain:example.com');
    expect(resourceUrn('droplet', '7')).toBe('do:droplet:7');
  });
});
