// Prints fresh secrets and settings for docker-compose.yml: node scripts/new-secrets.mjs > .env
// With DIGITALOCEAN_TOKEN in the environment they are for that account, otherwise for a simulated provider.
import { randomBytes } from 'node:crypto';
import { fchmodSync, fstatSync } from 'node:fs';

// The file into which the shell writes the secrets is for its owner alone.
if (fstatSync(1).isFile()) fchmodSync(1, 0o600);

// Each begins with a letter, because NATS reads a value from its environment as a number if it looks like one.
const secret = () => `s${randomBytes(24).toString('hex')}`;
const services = ['INVENTORY_SYNC', 'BILLING_INGEST', 'PROVISIONING', 'DRIFT', 'METERING', 'INVOICING', 'GATEWAY'];

for (const name of ['POSTGRES', 'OPERATOR', ...services]) console.log(`${name}_PASSWORD=${secret()}`);
console.log(`JWT_SECRET=${secret()}`);
console.log(`CONSOLE_SECRET=${secret()}`);
const token = process.env.DIGITALOCEAN_TOKEN?.trim();
console.log(
  token
    ? `# The provider account. It is only read, unless ARCADIA_WRITE=1 is set here and the token may write.
DIGITALOCEAN_TOKEN=${token}`
    : `# A simulated provider. For an account: remove these three lines and set DIGITALOCEAN_TOKEN. The account is then only read,
# unless ARCADIA_WRITE=1 is set here and the token may write.
COMPOSE_PROFILES=simulator
DIGITALOCEAN_API_URL=http://simulator:4100
DIGITALOCEAN_TOKEN=simulator`,
);
console.log('# Every other setting is in docs/configuration.md.');
