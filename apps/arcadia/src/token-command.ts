import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { Command } from 'commander';
import { issueToken } from './tokens.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** The command `arcadia token`: prints a token for services that verify tokens with JWT_SECRET. */
export const tokenCommand = (): Command =>
  new Command('token')
    .description('Print a token of the operator, or of a tenant, that is valid for 12 hours.')
    .option('--tenant <id>', 'for this tenant instead of the operator')
    .option('--subject <name>', 'the person or program that the token is for; it is recorded with every change')
    .addHelpText(
      'after',
      '\nThe secret is JWT_SECRET of the environment, or of the file .env beside docker-compose.yml.',
    )
    .action(async ({ tenant, subject }: { tenant?: string; subject?: string }) => {
      const claims =
        tenant === undefined
          ? { subject: subject ?? 'operator', tenantId: null, role: 'platform_admin' as const }
          : { subject: subject ?? `${tenant}-user`, tenantId: tenant, role: 'tenant' as const };
      process.stdout.write(`${await issueToken(readSecret(), claims)}\n`);
    });

/** @throws one sentence for the person who started the command */
const readSecret = (): string => {
  const file = path.join(root, '.env');
  const kept = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const secret = process.env.JWT_SECRET || kept['JWT_SECRET'];
  if (secret) return secret;
  throw new Error(
    'There is no JWT_SECRET in the environment or in .env. With JWT_JWKS_URL, tokens come from your identity provider.',
  );
};
