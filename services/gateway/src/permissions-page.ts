import { allRoles, hasRole, type Role, roleMeanings } from '@arcadia/contracts';
import { routes } from './routes/index.ts';
import { tags } from './tags.ts';

const mayCall = (role: Role, roles: readonly Role[]): boolean =>
  hasRole({ subject: 'a reader', tenant_id: null, roles: [role] }, roles);

/** docs/permissions.md: every role and what it may do, a table of routes by roles for each noun. */
export const permissionsPage = (): string => {
  const lines = [
    '# Permissions',
    '',
    '<!-- Generated from the routes of services/gateway and the roles of their contracts by npm run generate. -->',
    '',
    'The identity provider puts roles into the claim `roles` of a token. Roles that are not listed here are ignored. An actor with one of the',
    'operator’s roles sees every tenant and belongs to none; a tenant’s role needs the claim `tenant_id` and reaches only that tenant’s data.',
    '',
    '| Role | Meaning |',
    '|---|---|',
    ...Object.entries(roleMeanings).map(([role, meaning]) => `| \`${role}\` | ${meaning} |`),
  ];
  for (const [tag, those] of Map.groupBy(routes, (route) => route.tag)) {
    lines.push('', `## ${tag.charAt(0).toUpperCase()}${tag.slice(1)}`, '', tags[tag], '');
    lines.push(`| Route | ${allRoles.map((role) => `\`${role}\``).join(' | ')} |`);
    lines.push(`|---|${allRoles.map(() => ':-:|').join('')}`);
    for (const { method, path, contract } of those) {
      const cells = allRoles.map((role) => (mayCall(role, contract.roles) ? 'yes' : '–'));
      lines.push(`| \`${method.toUpperCase()} ${path}\` | ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
};
