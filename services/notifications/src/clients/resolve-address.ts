import { NODATA, NOTFOUND, promises } from 'node:dns';
import type { BlockList } from 'node:net';
import { isIn, isLoopback, isPublicAddress } from './public-address.ts';

/** An address of another's server that a connection may be made to. */
export type CheckedAddress = { address: string; family: 4 | 6 };

/** A server may not be connected to, or its name cannot be resolved. */
export class AddressRefused extends Error {
  override name = 'AddressRefused';
}

export type AddressPolicy = {
  /** Whether connections may be made to this machine, also over plain http. */
  allowsLoopback: boolean;
  dnsServers: readonly string[];
  /** Networks that connections may be made to although they are not public, also over plain http; null: none. */
  networks?: BlockList | null;
};

/** The time for one query, and how often it is sent. */
const query = { timeout: 2_000, tries: 2 };

/**
 * Resolves a host and checks every address that it has: if one is not public, none is used. It never uses the system's `getaddrinfo`,
 * with its few threads, which one slow name server would keep busy.
 */
export function addressResolver({ allowsLoopback, dnsServers, networks = null }: AddressPolicy) {
  const resolver = new promises.Resolver(query);
  if (dnsServers.length > 0) resolver.setServers([...dnsServers]);
  const isNear = (address: string): boolean =>
    (allowsLoopback && isLoopback(address)) || (networks !== null && isIn(networks, address));

  const lookUp = async (host: string): Promise<CheckedAddress[]> => {
    if (allowsLoopback && host === 'localhost') return [{ address: '127.0.0.1', family: 4 }];
    const [v4, v6] = await Promise.all([resolver.resolve4(host).catch(orNone), resolver.resolve6(host).catch(orNone)]);
    const addresses = [
      ...listOf(v4).map((address) => ({ address, family: 4 as const })),
      ...listOf(v6).map((address) => ({ address, family: 6 as const })),
    ];
    if (addresses.length > 0) return addresses;
    const failed = v4 instanceof Error ? v4 : v6;
    if (failed instanceof Error) throw new AddressRefused(`${host} cannot be resolved (${codeOf(failed)})`);
    throw new AddressRefused(`${host} has no address`);
  };

  return {
    /** @throws AddressRefused when the name cannot be resolved, any of its addresses is not public, or plain http would leave the networks */
    async resolve(host: string, { isPlain }: { isPlain: boolean }): Promise<CheckedAddress[]> {
      const addresses = await lookUp(host);
      const refused = addresses.find(({ address }) => !isPublicAddress(address) && !isNear(address));
      if (refused !== undefined)
        throw new AddressRefused(`${host} resolves to ${refused.address}, which is not public`);
      const far = isPlain ? addresses.find(({ address }) => !isNear(address)) : undefined;
      if (far !== undefined)
        throw new AddressRefused(`${host} resolves to ${far.address}, to which only https is spoken`);
      return addresses;
    },
    /** @throws AddressRefused for an address that is not public, or that plain http may not be spoken to */
    check(address: string, { isPlain }: { isPlain: boolean }): void {
      if (!isPublicAddress(address) && !isNear(address)) throw new AddressRefused(`${address} is not a public address`);
      if (isPlain && !isNear(address)) throw new AddressRefused(`only https is spoken to ${address}`);
    },
    /** @throws AddressRefused for plain http where no server may be spoken to so */
    checkProtocol({ isPlain }: { isPlain: boolean }): void {
      if (isPlain && !allowsLoopback && networks === null)
        throw new AddressRefused('the URL does not begin with https://');
    },
  };
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);

/** The name has no address of this family; any other failure is kept, and counts if the other family has none either. */
const orNone = (error: Error): string[] | Error =>
  ([NODATA, NOTFOUND] as string[]).includes(codeOf(error)) ? [] : error;

const listOf = (found: string[] | Error): string[] => (found instanceof Error ? [] : found);
