import { resourceId } from '@arcadia/contracts';
import { expect, it } from 'vitest';
import { destroyedResources } from './destroyed-resources.ts';

it('provisioning: the resources that an offboarding has destroyed are read from its list', () => {
  const id = (kind: string, provider: string) => resourceId('digitalocean', kind, provider);
  expect(
    destroyedResources([
      'droplet web (1) (101)',
      'volume v-1',
      'volume snapshot s-2',
      'snapshot 3',
      'reserved IP 203.0.113.7',
    ]),
  ).toEqual({
    resourceIds: [
      id('droplet', '101'),
      id('volume', 'v-1'),
      id('snapshot', 's-2'),
      id('snapshot', '3'),
      id('floating_ip', '203.0.113.7'),
    ],
    dropletIds: ['101'],
  });
  expect(destroyedResources(['something else'])).toEqual({ resourceIds: [], dropletIds: [] });
});
