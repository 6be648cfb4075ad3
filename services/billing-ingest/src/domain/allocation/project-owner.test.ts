import { expect, test } from 'vitest';
import { operator, type Target, unallocated } from '../cost-lines/ownership.ts';
import { type NamedProject, ownersOfProject } from './project-owner.ts';

const at = (day: number) => Temporal.Instant.from(`2026-04-${String(day).padStart(2, '0')}T00:00:00Z`);
const april = { start: at(1), end: at(30) };
const deployment = (tenant_id: string): Target => ({ target: 'deployment', tenant_id, deployment_id: tenant_id });
const project = (fields: Partial<NamedProject> = {}): NamedProject => ({
  ...{ project_id: 'p', is_current: true, otherwise: unallocated, bindings: [] },
  ...fields,
});
const bound = (tenant: string, from: number, until: number | null) => ({
  ...{ from: at(from), until: until === null ? null : at(until), owner: deployment(tenant) },
});
const days = (named: readonly NamedProject[]) =>
  ownersOfProject(named, april)?.map(({ owner, milliseconds }) => [
    owner.tenant_id ?? owner.target,
    milliseconds / 86_400_000,
  ]);

test.each([
  ['its deployment', [project({ bindings: [bound('acme', 1, null)] })], [['acme', 29]]],
  ['its first deployment also before it was bound', [project({ bindings: [bound('acme', 20, null)] })], [['acme', 29]]],
  [
    'each of two deployments for its time',
    [project({ bindings: [bound('acme', 1, 11), bound('globex', 11, null)] })],
    [
      ['acme', 10],
      ['globex', 19],
    ],
  ],
  [
    'none between two deployments',
    [project({ bindings: [bound('acme', 1, 11), bound('globex', 21, null)] })],
    [
      ['acme', 10],
      ['unallocated', 10],
      ['globex', 9],
    ],
  ],
  [
    'its tenant after its deployment',
    [
      project({
        otherwise: { target: 'tenant', tenant_id: 'acme', deployment_id: null },
        bindings: [bound('acme', 1, 2)],
      }),
    ],
    [
      ['acme', 1],
      ['acme', 28],
    ],
  ],
  ['the operator', [project({ otherwise: operator })], [['operator', 29]]],
  ['nothing without an owner', [project()], undefined],
  ['nothing if two projects have the name', [project(), project({ project_id: 'q', otherwise: operator })], undefined],
  [
    'the project that has the name now, before one that had it',
    [
      project({ is_current: false, bindings: [bound('globex', 1, null)] }),
      project({ project_id: 'q', otherwise: operator }),
    ],
    [['operator', 29]],
  ],
  ['a project that had the name', [project({ is_current: false, otherwise: operator })], [['operator', 29]]],
  ['nothing of an unknown name', [], undefined],
])('billing-ingest: a line that names a project is borne by %s', (_, named, owners) => {
  expect(days(named)).toEqual(owners);
});
