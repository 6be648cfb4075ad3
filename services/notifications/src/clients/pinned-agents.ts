import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { callbackify } from 'node:util';
import { type AddressPolicy, addressResolver } from './resolve-address.ts';
import { hostOf } from './server-url.ts';

export type PinnedAgents = {
  /**
   * The agent for a URL. Its connections are made to checked addresses alone: the name is resolved and checked when a connection is
   * opened, and that connection goes to one of those very addresses.
   * @throws AddressRefused for a URL without https, or with an address, that no connection is made to
   */
  agentFor(url: URL): http.Agent;
  close(): void;
};

/** Agents for the servers of others, which may name any address. */
export function pinnedAgents(policy: AddressPolicy & { timeoutMs: number }): PinnedAgents {
  const resolver = addressResolver(policy);
  const settingsFor = (isPlain: boolean) => ({
    keepAlive: true,
    maxFreeSockets: 64,
    timeout: policy.timeoutMs,
    // With it the socket takes all addresses, and tries one after the other.
    autoSelectFamily: true,
    lookup: callbackify((host: string, _options: unknown) => resolver.resolve(host, { isPlain })),
  });
  const agents = { plain: new http.Agent(settingsFor(true)), encrypted: new https.Agent(settingsFor(false)) };
  return {
    agentFor: (url) => {
      const isPlain = url.protocol === 'http:';
      resolver.checkProtocol({ isPlain });
      const host = hostOf(url);
      if (isIP(host) !== 0) resolver.check(host, { isPlain });
      return isPlain ? agents.plain : agents.encrypted;
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
