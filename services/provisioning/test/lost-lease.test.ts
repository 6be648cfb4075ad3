import { provisioning } from '@arcadia/contracts';
import { eventually, readRows } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { openProviderStage, worker } from './stage.ts';

test('a worker whose lease another has taken meanwhile records nothing about the step', async () => {
  await using stage = await openProviderStage([
    { kind: 'hang', seconds: 1, match: { method: 'POST', path: '^/v2/droplets$' }, times: 1 },
  ]);
  const { saga_id } = await stage.reply(provisioning.startSaga, {
    kind: 'provision_droplet',
    inputs: { ...worker, provider_project_id: '00000000-0000-4000-8000-000000000000' } as never,
  });
  const admin = { url: stage.database.adminUrl };
  const taken = await eventually('the step waits for the provider, and another worker takes its lease', async () => {
    const [row] = await readRows(
      admin,
      `UPDATE provisioning.saga_runs SET lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour'
       WHERE saga_id = $1 AND lease_token IS NOT NULL AND step_names[current_index + 1] = 'create-droplet'
       RETURNING turn, current_index, attempt, status, context`,
      [saga_id],
    );
    return row ?? null;
  });
  await stage.running.settled();
  const [after] = await readRows(
    admin,
    'SELECT turn, current_index, attempt, status, context FROM provisioning.saga_runs WHERE saga_id = $1',
    [saga_id],
  );
  expect(after).toEqual(taken);
});
