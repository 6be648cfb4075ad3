import { z } from 'zod';
import { anyFlag, anyText, idText, nameText, timeText } from './fields.ts';
import { type ListingCalls, listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

export const project = z.looseObject({
  id: idText,
  name: nameText,
  description: anyText,
  purpose: anyText,
  environment: anyText,
  is_default: anyFlag,
  created_at: timeText,
  updated_at: anyText,
});
export type Project = z.output<typeof project>;

/** A member of a project. It has no name, only the URN. */
export const projectResource = z.looseObject({
  urn: z.string(),
  assigned_at: anyText,
  status: anyText,
});
export type ProjectResource = z.output<typeof projectResource>;

export interface ProjectCreation {
  readonly name: string;
  readonly purpose: string;
  readonly description?: string;
  readonly environment?: 'Development' | 'Staging' | 'Production';
}

/** Calls for projects and their members. */
export function projectCalls(transport: Transport) {
  const path = (id: string, rest = ''): string => `/v2/projects/${encodeURIComponent(id)}${rest}`;
  const one = z.looseObject({ project });
  return {
    ...listingOf(transport, { path: '/v2/projects', key: 'projects', item: project, identify: (item) => item.id }),
    get: async (id: string, signal?: AbortSignal): Promise<Project> =>
      (await transport.json({ path: path(id), signal }, one)).project,
    /** The project that new resources are put in. */
    default: async (signal?: AbortSignal): Promise<Project> =>
      (await transport.json({ path: path('default'), signal }, one)).project,
    resourcesOf: (id: string): ListingCalls<ProjectResource> =>
      listingOf(transport, {
        path: path(id, '/resources'),
        key: 'resources',
        item: projectResource,
        identify: (item) => item.urn,
      }),
    create: async (body: ProjectCreation, signal?: AbortSignal): Promise<Project> =>
      (await transport.json({ method: 'POST', path: '/v2/projects', body, signal }, one)).project,
    /** Each URN gets its own status in the response: a successful call may have moved nothing. */
    assign: async (id: string, urns: readonly string[], signal?: AbortSignal): Promise<ProjectResource[]> => {
      const answer = z.looseObject({ resources: z.array(projectResource) });
      const request = { method: 'POST', path: path(id, '/resources'), body: { resources: urns }, signal } as const;
      return (await transport.json(request, answer)).resources;
    },
    delete: (id: string, signal?: AbortSignal): Promise<void> =>
      transport.send({ method: 'DELETE', path: path(id), signal }),
  };
}
