import type { HttpApp } from '../context.ts';
import { myMonth } from './my-month.ts';
import { today } from './today.ts';

/** The first page: what needs an operator today, or a tenant's running month. */
export const registerFirstPage = (app: HttpApp): void => {
  app.get('/', (c) => (c.get('session').person.tenantId === null ? today(c) : myMonth(c)));
};
