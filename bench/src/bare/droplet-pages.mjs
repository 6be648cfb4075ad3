// Serves the pages of an account with many droplets, rendered beforehand, in a separate process, so that neither side bears the cost.
import { createServer } from 'node:http';

const count = Number(process.argv[2]);
const perPage = 200;
const pages = Math.ceil(count / perPage);

const region = {
  name: 'Sydney 1',
  slug: 'syd1',
  features: ['backups', 'ipv6', 'metadata', 'storage'],
  available: true,
  sizes: ['s-1vcpu-1gb', 's-2vcpu-2gb', 's-4vcpu-8gb'],
};
const size = {
  slug: 's-1vcpu-1gb',
  memory: 1024,
  vcpus: 1,
  disk: 25,
  transfer: 1,
  price_monthly: 6,
  price_hourly: 0.00893,
  regions: ['syd1', 'nyc3', 'fra1'],
  available: true,
  description: 'Basic',
};

const droplet = (number) => ({
  id: 100_000_000 + number,
  name: `web-${number}.example.com`,
  memory: 1024,
  vcpus: 1,
  disk: 25,
  locked: false,
  status: 'active',
  kernel: null,
  created_at: '2026-02-01T00:00:00Z',
  features: ['monitoring', 'ipv6', 'private_networking'],
  backup_ids: [],
  next_backup_window: null,
  snapshot_ids: [],
  image: {
    id: 63_663_980,
    name: '24.04 (LTS) x64',
    distribution: 'Ubuntu',
    slug: 'ubuntu-24-04-x64',
    public: true,
    regions: ['syd1', 'nyc3'],
    created_at: '2025-05-15T05:47:50Z',
    min_disk_size: 10,
    type: 'base',
    size_gigabytes: 2.36,
    description: '',
    tags: [],
    status: 'available',
  },
  volume_ids: [],
  size,
  size_slug: 's-1vcpu-1gb',
  networks: {
    v4: [
      {
        ip_address: `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
        netmask: '255.255.0.0',
        gateway: 'nil',
        type: 'private',
      },
      {
        ip_address: `203.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
        netmask: '255.255.255.0',
        gateway: '203.0.113.1',
        type: 'public',
      },
    ],
    v6: [{ ip_address: `2001:db8::${number.toString(16)}`, netmask: 64, gateway: '2001:db8::1', type: 'public' }],
  },
  region,
  tags: ['web', `shop-${number % 50}`],
  vpc_uuid: '760e09ef-dc84-11e8-981e-3cfdfeaae000',
});

let address = '';
const rendered = new Map();
const render = (page) => {
  const list = Array.from({ length: Math.min(perPage, count - (page - 1) * perPage) }, (_, index) =>
    droplet((page - 1) * perPage + index),
  );
  const next = page < pages ? { next: `${address}/v2/droplets?page=${page + 1}&per_page=${perPage}` } : {};
  return JSON.stringify({ droplets: list, links: { pages: next }, meta: { total: count } });
};

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const isAll = url.pathname === '/v2/droplets' && url.searchParams.get('type') !== 'gpus';
  const key = url.pathname.split('/').at(-1);
  const body = isAll
    ? rendered.get(Number(url.searchParams.get('page') ?? 1))
    : JSON.stringify({ [key]: [], links: {}, meta: { total: 0 } });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  address = `http://127.0.0.1:${server.address().port}`;
  for (let page = 1; page <= pages; page += 1) rendered.set(page, Buffer.from(render(page)));
  process.stdout.write(`${address}\n`);
});
