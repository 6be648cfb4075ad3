import { BlockList, isIP } from 'node:net';

/** Every IPv4 range that is not globally reachable: IANA, "IPv4 Special-Purpose Address Registry", with multicast and class E. */
const specialV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, with the metadata services of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The IPv6 ranges within global unicast that are not globally reachable or embed another address (IANA, "IPv6 Special-Purpose …"). */
const specialV6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // protocol assignments, with Teredo, ORCHID and benchmarking
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const blocked = new BlockList();
for (const [network, prefix] of specialV4) {
  blocked.addSubnet(network, prefix, 'ipv4');
  // NAT64 (RFC 6052) embeds an IPv4 address, which may be private.
  blocked.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of specialV6) blocked.addSubnet(network, prefix, 'ipv6');

/** Everything else of IPv6 is private, link-local, multicast, mapped, or not assigned. */
const globalV6 = new BlockList();
globalV6.addSubnet('2000::', 3, 'ipv6');
globalV6.addSubnet('64:ff9b::', 96, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** Networks such as `10.0.5.0/24` as addresses are compared with them; null: there is none. */
export function networksOf(networks: readonly string[]): BlockList | null {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return networks.length === 0 ? null : list;
}

/** True for an address that is in one of the networks. An address with a zone is in none. */
export const isIn = (networks: BlockList, address: string): boolean =>
  isIP(address) !== 0 && !address.includes('%') && networks.check(address, familyOf(address));

/** True for an address of this machine. */
export const isLoopback = (address: string): boolean =>
  isIP(address) !== 0 && loopback.check(address, familyOf(address));

/** True for an address on the public internet; false for any that is private, special, or no address at all. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  if (family === 4) return !blocked.check(address, 'ipv4');
  return globalV6.check(address, 'ipv6') && !blocked.check(address, 'ipv6');
}
