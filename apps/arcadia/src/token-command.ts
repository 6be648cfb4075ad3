import { existsSync } from 'node:fs';
import { actorOf, allRoles, type Role } from '@arcadia/contracts';
import { Command, Option } from 'commander';
import { readEnvFile } from './env-file.ts';
import { homesFolder, runningHomes } from './home.ts';
import { issueToken } from './tokens.ts';

/** The command `arcadia token`: prints a token for services that verify tokens with JWT_SECRET. */
export const tokenCommand = (): Command =>
  new Command('token')
    .description('Print a token of the operator, or of a tenant, that is valid for 12 hours.')
    .option('--tenant <id>', 'for this tenant instead of the operator')
    .addOption(
      new Option('--role <name>', 'the role; by default platform_admin, or tenant with --tenant').choices(allRoles),
    )
    .option('--subject <name>', 'the person or program that the token is for; it is recorded with every change')
    .addHelpText(
      'after',
      '\nThe secret is JWT_SECRET of the environment, or else that of what npm start runs on this machine, or else JWT_SECRET of the file .env beside docker-compose.yml.',
    )
    .action(async ({ tenant, subject, role }: { tenant?: string; subject?: string; role?: Role }) => {
      const claims = {
        subject: subject ?? (tenant === undefined ? 'operator' : `${tenant}-user`),
        tenantId: tenant ?? null,
        role: role ?? (tenant === undefined ? 'platform_admin' : 'tenant'),
      };
      const actor = actorOf({ ...claims, roles: [claims.role] });
      if (actor === null) throw new Error(`The role ${claims.role} is a tenant's; add --tenant <id>.`);
      if (actor.tenant_id !== claims.tenantId)
        throw new Error(`The role ${claims.role} belongs to no tenant; leave out --tenant.`);
      process.stdout.write(`${await issueToken(readSecret(), claims)}\n`);
    });

/** @throws one sentence for the person who started the command */
const readSecret = (): string => {
  if (process.env.JWT_SECRET) return process.env.JWT_SECRET;
  const [home, ...others] = existsSync(homesFolder) ? runningHomes(homesFolder) : [];
  if (others.length > 0) throw new Error('Several stacks are running on this machine; stop all but one.');
  const secret = home?.secrets.jwt ?? readEnvFile()['JWT_SECRET'];
  if (secret) return secret;
  throw new Error(
    'There is no JWT_SECRET in the environment or in .env, and npm start runs nothing on this machine. With JWT_JWKS_URL, tokens come from your identity provider.',
  );
};
