import { type Person, parseConfig, startConsole } from '@arcadia/console';
import { createLog } from '@arcadia/platform';
import type { Home } from './home.ts';
import { issueToken } from './tokens.ts';

/** The subject of the operator of a local stack. */
const operator: Person = { subject: 'operator', tenantId: null, roles: ['platform_admin'] };

/**
 * Starts the web console beside a local stack, with links that sign the operator and each tenant in once.
 * @returns how to stop it, and the lines that name its address and the links
 */
export const startLocalConsole = async (options: {
  home: Home;
  gateway: string;
  port: number;
  tenants: readonly string[];
}): Promise<{ stop: () => Promise<void>; links: string }> => {
  const { home, tenants } = options;
  const { jwt } = home.state.secrets;
  const running = await startConsole({
    config: parseConfig({
      CONSOLE_HOST: '127.0.0.1',
      CONSOLE_PORT: String(options.port),
      CONSOLE_SECRET: jwt,
      GATEWAY_URL: options.gateway,
    }),
    log: createLog({ name: 'console', destination: home.at('arcadia.log') }),
    issueToken: ({ subject, tenantId, roles: [role = 'tenant'] }) => issueToken(jwt, { subject, tenantId, role }),
  });
  const people: [string, Person][] = [
    ['the operator', operator],
    ...tenants.map((tenantId): [string, Person] => [
      `the tenant ${tenantId}`,
      { subject: `${tenantId}-user`, tenantId, roles: ['tenant'] },
    ]),
  ];
  const width = Math.max(...people.map(([name]) => name.length));
  const lines = people.map(([name, person]) => `  ${name.padEnd(width)}  ${running.signInLink(person)}`);
  return {
    stop: () => running.stop(),
    links: ['', `Web console:  ${running.url}`, 'Sign in (each link works once) as', ...lines, ''].join('\n'),
  };
};
