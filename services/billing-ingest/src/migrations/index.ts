import type { Migration } from 'kysely/migration';
import { billing } from './0001-billing.ts';

export const migrations: Record<string, Migration> = { '0001-billing': billing };
