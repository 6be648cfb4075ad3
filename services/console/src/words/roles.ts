import type { Role } from '@arcadia/contracts';

const words: Readonly<Record<Role, string>> = {
  platform_admin: 'operator',
  auditor: 'auditor',
  billing: 'accounts department',
  support: 'support',
  tenant: 'tenant',
  tenant_viewer: 'reader',
};

/** A role in words: "operator", "tenant acme", "reader of tenant acme". */
export const roleInWords = (role: Role, tenantId: string | null): string => {
  if (tenantId === null) return words[role];
  return role === 'tenant' ? `tenant ${tenantId}` : `${words[role]} of tenant ${tenantId}`;
};
