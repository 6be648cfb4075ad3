import { Hono } from 'hono';
import { answerPage, type Env, refuse } from '../answers.ts';
import { showAction } from '../show-action.ts';
import { showSize } from '../show-droplet.ts';
import { type Simulated, showRegion } from '../simulated.ts';

/** Routes for the account, the catalogue and the action log. */
export function accountRoutes(simulated: Simulated): Hono<Env> {
  const { world, actions, sizes, regions, store } = simulated;
  const { account } = world.provider;
  const routes = new Hono<Env>();

  routes.get('/account', (c) =>
    c.json({
      account: {
        droplet_limit: account.droplet_limit,
        floating_ip_limit: 5,
        volume_limit: 100,
        email: account.email,
        name: account.name,
        uuid: account.uuid,
        email_verified: true,
        status: account.status,
        status_message: '',
        team: { uuid: account.team_uuid, name: account.team_name },
      },
    }),
  );

  routes.get('/regions', (c) =>
    answerPage(c, { key: 'regions', items: [...regions.keys()], show: (slug) => showRegion(simulated, slug) }),
  );
  routes.get('/sizes', (c) => answerPage(c, { key: 'sizes', items: [...sizes.values()], show: showSize }));

  routes.get('/actions', (c) =>
    answerPage(c, {
      key: 'actions',
      items: actions.list(c.get('now')),
      show: (action) => showAction(simulated, action),
    }),
  );
  routes.get('/actions/:id', (c) => {
    const id = Number(c.req.param('id'));
    actions.look({ action: id }, c.get('now'));
    const action = actions.find(id, c.get('now'));
    return action === undefined ? refuse(c, 'not_found') : c.json({ action: showAction(simulated, action) });
  });

  routes.get('/registries', (c) =>
    c.json({
      registries: store.live('registry', c.get('now')).map(({ id, createdAt, state }) => ({
        name: id,
        created_at: new Date(createdAt).toISOString(),
        region: state.region,
        storage_usage_bytes: state.storageBytes,
        storage_usage_bytes_updated_at: new Date(c.get('now')).toISOString(),
        subscription: { tier: { name: state.tier, slug: state.tier, monthly_price_in_cents: 500 } },
      })),
    }),
  );
  return routes;
}
