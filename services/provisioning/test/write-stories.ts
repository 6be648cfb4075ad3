import { drift, nameUuid, provisioning, resourceId } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { observe, type ProviderStage, worker } from './stage.ts';

/** A droplet, and the deployment that owns it, with which one story is played once. */
export type Subject = { number: number; name: string; slug: string; deploymentId: string };

export type WriteStory = {
  kind: provisioning.SagaKind;
  ends: 'completed' | 'rolled_back';
  /** The droplet at the provider; a story that provisions one has none. */
  droplet: object | null;
  /** What else happens when the provider carries out the first write of this form, `METHOD path body`. */
  when?: { write: RegExp; outcome: 'cancel' | 'carried out twice' | 'carried out, but answered with 403' };
  /** The saga fails once at this write for a reason that lasts, and is then retried. */
  retriedAfter?: RegExp;
  /** Starts the saga. */
  begin: (stage: ProviderStage, subject: Subject) => Promise<string>;
  /** State of the droplet at the end, such as `s-1vcpu-1gb off`. */
  left: string;
};

const project = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';

const start = async (stage: ProviderStage, kind: provisioning.SagaKind, inputs: object): Promise<string> =>
  (await stage.reply(provisioning.startSaga, { kind, inputs: inputs as never })).saga_id;

const provision = (stage: ProviderStage, { name, deploymentId }: Subject) =>
  start(stage, 'provision_droplet', {
    ...worker,
    name,
    deployment_id: deploymentId,
    provider_project_id: project,
  });

const resize = (stage: ProviderStage, { number, name }: Subject) =>
  start(stage, 'resize_droplet', { provider_id: String(number), size_slug: 's-1vcpu-2gb', confirm: name });

const onDeployment =
  (kind: 'suspend' | 'offboard', more: object = {}) =>
  (stage: ProviderStage, { deploymentId, slug }: Subject) =>
    start(stage, kind, { deployment_id: deploymentId, confirm: slug, ...more });

async function resume(stage: ProviderStage, { deploymentId }: Subject): Promise<string> {
  await stage.reply(provisioning.transitionDeployment, { deployment_id: deploymentId, to: 'suspended' });
  return start(stage, 'resume', { deployment_id: deploymentId });
}

/** Requests the reversal of a drift, as drift does. */
async function revert(stage: ProviderStage, { number }: Subject): Promise<string> {
  const resource_id = resourceId('digitalocean', 'droplet', String(number));
  const drift_id = nameUuid('drift-of-a-test', String(number));
  await stage.reply(provisioning.setDesiredState, { resource_id, spec: { size_slug: 's-1vcpu-2gb' } });
  await publishEvent(stage.nats, drift.driftRevertRequested, {
    drift_id,
    resource_id,
    deployment_id: null,
    tenant_id: null,
    kind: 'field',
    field: 'size_slug',
    expected: 's-1vcpu-2gb',
    actual: 's-1vcpu-1gb',
    spec_version: 1,
    revision: 1,
    request: 1,
    requested_by: 'op',
    requested_at: '2026-04-01T00:00:00Z',
  });
  const saga_id = nameUuid('saga', drift_id, '1');
  await eventually('the reversal has begun', async () =>
    'saga_id' in (await stage.request(provisioning.getSaga, { saga_id })) ? true : null,
  );
  return saga_id;
}

const on = {};
const off = { power: 'off' };
const command = (type: string) => new RegExp(`^POST /v2/droplets/\\d+/actions .*"${type}"`);
const creation = /^POST \/v2\/droplets /;
const cancel = (write: RegExp) => ({ write, outcome: 'cancel' }) as const;

/** One story for each course that a saga can take, so that every step and every compensation that writes does so in one of them. */
export const writeStories: Record<string, WriteStory> = {
  'a droplet is provisioned beside its twin': {
    kind: 'provision_droplet',
    ends: 'completed',
    droplet: null,
    when: { write: creation, outcome: 'carried out twice' },
    begin: provision,
    left: 's-1vcpu-1gb active',
  },
  'a provision is cancelled': {
    kind: 'provision_droplet',
    ends: 'rolled_back',
    droplet: null,
    when: cancel(creation),
    begin: provision,
    left: 'gone',
  },
  'a cancelled provision is retried when its undoing failed': {
    kind: 'provision_droplet',
    ends: 'rolled_back',
    droplet: null,
    when: cancel(creation),
    retriedAfter: /^DELETE /,
    begin: provision,
    left: 'gone',
  },
  'a droplet that ignores a shutdown is resized': {
    kind: 'resize_droplet',
    ends: 'completed',
    droplet: { ignores_shutdown: true },
    begin: resize,
    left: 's-1vcpu-2gb active',
  },
  'a resize is cancelled at its end': {
    kind: 'resize_droplet',
    ends: 'rolled_back',
    droplet: on,
    when: cancel(command('power_on')),
    begin: resize,
    left: 's-1vcpu-1gb active',
  },
  'a resize fails after it has shut down the droplet': {
    kind: 'resize_droplet',
    ends: 'rolled_back',
    droplet: on,
    when: { write: command('shutdown'), outcome: 'carried out, but answered with 403' },
    begin: resize,
    left: 's-1vcpu-1gb active',
  },
  'a drift is reverted': {
    kind: 'resize_droplet',
    ends: 'completed',
    droplet: on,
    begin: revert,
    left: 's-1vcpu-2gb active',
  },
  'a deployment is suspended': {
    kind: 'suspend',
    ends: 'completed',
    droplet: { ignores_shutdown: true },
    begin: onDeployment('suspend'),
    left: 's-1vcpu-1gb off',
  },
  'a suspension is cancelled': {
    kind: 'suspend',
    ends: 'rolled_back',
    droplet: on,
    when: cancel(command('shutdown')),
    begin: onDeployment('suspend'),
    left: 's-1vcpu-1gb active',
  },
  'a suspension fails after it has shut down a droplet': {
    kind: 'suspend',
    ends: 'rolled_back',
    droplet: on,
    when: { write: command('shutdown'), outcome: 'carried out, but answered with 403' },
    begin: onDeployment('suspend'),
    left: 's-1vcpu-1gb active',
  },
  'a deployment is resumed': {
    kind: 'resume',
    ends: 'completed',
    droplet: off,
    begin: resume,
    left: 's-1vcpu-1gb active',
  },
  'the resuming of a deployment is cancelled': {
    kind: 'resume',
    ends: 'rolled_back',
    droplet: off,
    when: cancel(command('power_on')),
    begin: resume,
    left: 's-1vcpu-1gb off',
  },
  'a deployment is offboarded': {
    kind: 'offboard',
    ends: 'completed',
    droplet: on,
    begin: onDeployment('offboard', { final_snapshot: true }),
    left: 'gone',
  },
  'an offboarding is cancelled after its final snapshot': {
    kind: 'offboard',
    ends: 'rolled_back',
    droplet: on,
    when: cancel(command('snapshot')),
    begin: onDeployment('offboard', { final_snapshot: true }),
    left: 's-1vcpu-1gb active',
  },
  'an undone offboarding is retried when its snapshot could not be deleted': {
    kind: 'offboard',
    ends: 'rolled_back',
    droplet: on,
    when: cancel(command('snapshot')),
    retriedAfter: /^DELETE \/v2\/snapshots/,
    begin: onDeployment('offboard', { final_snapshot: true }),
    left: 's-1vcpu-1gb active',
  },
};

/** Makes the deployment that owns the droplet of a story. */
export async function prepare(stage: ProviderStage, story: WriteStory, number: number): Promise<Subject> {
  const slug = `shop-${number}`;
  const name = `web-${number - 100}`;
  const { deployment_id: deploymentId } = await stage.reply(provisioning.createDeployment, {
    tenant_id: 'acme',
    slug,
  });
  if (story.droplet !== null) {
    const owner = { tenant_id: 'acme', deployment_id: deploymentId, project_id: null, attributed_by: 'hand' };
    await observe(stage, number, { owner, status: story.droplet === off ? 'off' : 'active' });
  }
  return { number, name, slug, deploymentId };
}
