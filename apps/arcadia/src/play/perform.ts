import { inventorySync, invoicing, metering, provisioning } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import type { Api } from '@arcadia/gateway-client';
import type { z } from 'zod';
import { findResource } from './find-resource.ts';
import type { Jobs } from './jobs.ts';
import { performForOperator } from './operator-actions.ts';
import { reason } from './reason.ts';
import { setUp } from './set-up.ts';
import type { Action, Step } from './timeline.ts';

export type Performer = {
  world: World;
  /** A client with the operator's token. */
  api: Api;
  jobs: Jobs;
};

/** The binding of a project, which a world names by the provider's id. Its projects and tags may be made later in the world. */
const projectBinding = (projectId: string) => ({
  provider: 'digitalocean',
  provider_project_id: projectId,
});

/**
 * Performs one step as the operator or a schedule would: an HTTP request with a token, or a triggered job. `key` identifies the
 * step in idempotency keys, so that repeating it after a crash changes nothing.
 * @throws when a request is refused, a job fails or a period cannot be closed
 */
export const perform = async ({ at, action }: Step, key: string, { world, api, jobs }: Performer): Promise<void> => {
  const instant = at.toString();
  switch (action.do) {
    case 'set-up':
      await jobs.run('inventory-sync', 'sync-sizes', at);
      return setUp(world, api, key);
    case 'deploy':
      return deploy(action.deployment, instant, api, key);
    case 'bind':
      return bind(action.binding, instant, api, key);
    case 'sweep':
      return jobs.sweep(action.kinds, at);
    case 'classify':
      return classify(action, api, key);
    case 'attribute': {
      const { attribution } = action;
      const resource_id = await findResource(api, attribution.kind, attribution.resource);
      const input = { resource_id, deployment_id: attribution.deployment, effective_at: attribution.from };
      await api.request(inventorySync.attributeResource, input, key);
      return;
    }
    case 'report-usage':
      return reportUsage(action.usage, api, key);
    case 'publish-present-states':
      return jobs.run('inventory-sync', 'say-present-states', at);
    case 'meter-day':
      return jobs.run('metering', 'meter-day', at);
    case 'close-period':
      return closePeriod(action.period, at, api, jobs);
    case 'ingest-provider-invoices':
      for (const job of ['snapshot-balance', 'refresh-preview', 'discover-invoices'])
        await jobs.run('billing-ingest', job, at);
      return;
    case 'sweep-drift':
      return jobs.run('drift', 'sweep-drift', at);
    case 'run-saga':
      return runSaga(action.saga, world, api, key);
    case 'mark-overdue':
      return jobs.run('invoicing', 'mark-overdue', at);
    case 'pin-exchange-rate':
    case 'create-alert':
    case 'pay-invoice':
    case 'credit-invoice':
    case 'accept-drift':
      return performForOperator(action, instant, api, key);
    case 'end':
      return;
    default:
      return changeSubscription(action, instant, api, key);
  }
};

const deploy = async (
  deployment: World['platform']['deployments'][number],
  at: string,
  api: Api,
  key: string,
): Promise<void> => {
  await api.request(
    provisioning.createDeployment,
    {
      deployment_id: deployment.id,
      tenant_id: deployment.tenant,
      slug: deployment.slug,
      display_name: deployment.display_name,
      region: deployment.region,
      state: deployment.state as 'active' | undefined,
      llm_mode: deployment.llm_mode,
      template_code: deployment.template_code,
      template_version: deployment.template_version,
      project_bindings: deployment.project === undefined ? [] : [projectBinding(deployment.project)],
      allow_unknown_bindings: true,
      effective_at: at,
    },
    key,
  );
};

/** Adds a project or tag binding to the bindings of a deployment. */
const bind = async (
  binding: World['platform']['bindings'][number],
  at: string,
  api: Api,
  key: string,
): Promise<void> => {
  const { deployment: deployment_id, project, tag } = binding;
  const { project_bindings, tag_bindings } = await api.request(provisioning.getDeployment, { deployment_id });
  await api.request(
    provisioning.updateDeployment,
    {
      deployment_id,
      effective_at: at,
      move_bindings: true,
      allow_unknown_bindings: true,
      project_bindings: project === undefined ? project_bindings : [...project_bindings, projectBinding(project)],
      tag_bindings: tag === undefined ? tag_bindings : [...tag_bindings, tag],
    },
    key,
  );
};

/** Classifies resources that a sweep has found: the tenants of projects and the desired state of resources. */
const classify = async (
  { projects: given, desired }: Action & { do: 'classify' },
  api: Api,
  key: string,
): Promise<void> => {
  const projects = given.length === 0 ? [] : await api.list(inventorySync.listProjects, {});
  const idOf = (providerId: string): string => {
    const found = projects.find(({ provider_id }) => provider_id === providerId);
    if (found === undefined) throw new Error(`The inventory has no project ${providerId} after the sweep.`);
    return found.project_id;
  };
  for (const { project, tenant, purpose } of given) {
    const input = { project_id: idOf(project), tenant_id: tenant, purpose: purpose as 'tenant' | undefined };
    await api.request(inventorySync.updateProject, input, `${key}:project:${project}`);
  }
  for (const { kind, resource, spec } of desired) {
    const input = { resource_id: await findResource(api, kind, resource), spec };
    await api.request(
      provisioning.setDesiredState,
      input as z.input<typeof provisioning.setDesiredState.input>,
      `${key}:desired:${kind}:${resource}`,
    );
  }
};

const reportUsage = async (usage: World['platform']['usage'], api: Api, key: string): Promise<void> => {
  for (let from = 0; from < usage.length; from += 1000) {
    const events = usage.slice(from, from + 1000).map((report) => ({
      specversion: '1.0',
      id: report.id,
      source: 'urn:arcadia:world',
      type: `arcadia.${report.form}`,
      time: report.at,
      ...(report.subject === undefined ? {} : { subject: report.subject }),
      data: { deployment_id: report.deployment, kind: report.kind, quantity: report.quantity },
    }));
    const result = (await api.send('POST', '/api/v1/usage', {
      body: events,
      mediaType: 'application/cloudevents-batch+json',
      idempotencyKey: `${key}:${from}`,
    })) as { refused?: { id: string; detail: string }[] };
    const refused = result.refused ?? [];
    if (refused.length > 0)
      throw new Error(`${refused.length} usage reports were refused, first ${refused[0]?.id}: ${refused[0]?.detail}`);
  }
};

/** Runs the closing job of 03:00. Throws with the reasons if the period is not closed. */
const closePeriod = async (period: string, at: Temporal.Instant, api: Api, jobs: Jobs): Promise<void> => {
  await jobs.run('metering', 'close-period', at);
  const { status, missing } = await api.request(metering.getPeriod, { period });
  if (status !== 'closed')
    throw new Error(`${period} could not be closed: ${missing.join('; ') || `it is ${status}`}.`);
};

const changeSubscription = async (action: Action, at: string, api: Api, key: string): Promise<void> => {
  if (!('subscription' in action)) throw new Error(`unknown action "${action.do}"`);
  const { subscription, do: name } = action;
  const deployment_id = subscription.deployment;
  switch (action.do) {
    case 'subscribe': {
      const { plan, starts_at, trial_ends_at } = subscription;
      const subscribed = { deployment_id, plan_code: plan, starts_at, trial_ends_at, reason };
      await api.request(invoicing.subscribe, subscribed, key);
      return;
    }
    case 'change-subscription': {
      const { plan, status } = action.change;
      if (plan !== undefined)
        await api.request(
          invoicing.changePlan,
          { deployment_id, plan_code: plan, effective_at: at, reason },
          `${key}:plan`,
        );
      if (status === 'paused')
        await api.request(invoicing.pauseSubscription, { deployment_id, effective_at: at, reason }, `${key}:pause`);
      if (status === 'active')
        await api.request(invoicing.resumeSubscription, { deployment_id, effective_at: at, reason }, `${key}:resume`);
      if (status === 'cancelled')
        await api.request(invoicing.cancelSubscription, { deployment_id, effective_at: at, reason }, `${key}:cancel`);
      return;
    }
    case 'attach-addon': {
      const { code, quantity } = action.addon;
      const attached = { deployment_id, addon_code: code, quantity, effective_at: at, reason };
      await api.request(invoicing.attachAddon, attached, key);
      return;
    }
    case 'detach-addon': {
      const current = (await api.list(invoicing.listSubscriptions, { deployment_id }))[0];
      const attached = current?.addons.find(
        ({ addon_code, ends_at }) => addon_code === action.addon.code && ends_at === null,
      );
      if (attached === undefined) throw new Error(`${deployment_id} has no addon ${action.addon.code} to detach.`);
      const detached = { deployment_id, addon_id: attached.addon_id, effective_at: at, reason };
      await api.request(invoicing.detachAddon, detached, key);
      return;
    }
    case 'cancel-subscription':
      await api.request(invoicing.cancelSubscription, { deployment_id, effective_at: at, reason }, key);
      return;
    default:
      throw new Error(`unknown action "${name}" on a subscription`);
  }
};

const finished = new Set(['completed', 'failed', 'rolled_back']);
const sagaTimeoutMs = 60_000;

/** Starts a saga and waits until it has completed, failed or been rolled back. Its deployment may be named by id or slug. */
const runSaga = async (
  saga: World['platform']['sagas'][number],
  world: World,
  api: Api,
  key: string,
): Promise<void> => {
  const { deployment, ...rest } = saga.inputs;
  const named = world.platform.deployments.find(({ id, slug }) => id === deployment || slug === deployment);
  const inputs = named === undefined ? saga.inputs : { ...rest, deployment_id: named.id };
  const { saga_id } = await api.request(
    provisioning.startSaga,
    { kind: saga.kind, inputs } as z.input<typeof provisioning.startSaga.input>,
    key,
  );
  const deadline = Date.now() + sagaTimeoutMs;
  while (Date.now() < deadline) {
    const { status } = await api.request(provisioning.getSaga, { saga_id });
    if (finished.has(status)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Saga ${saga.kind} ${saga_id} has not ended within ${sagaTimeoutMs / 1000} s.`);
};
