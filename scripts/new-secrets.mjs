// Prints fresh secrets for docker-compose.yml: node scripts/new-secrets.mjs > .env
import { randomBytes } from 'node:crypto';

// Each begins with a letter, because NATS reads a value from its environment as a number if it looks like one.
const secret = () => `s${randomBytes(24).toString('hex')}`;
const services = ['INVENTORY_SYNC', 'BILLING_INGEST', 'PROVISIONING', 'DRIFT', 'METERING', 'INVOICING', 'GATEWAY'];

for (const name of ['POSTGRES', 'OPERATOR', ...services]) console.log(`${name}_PASSWORD=${secret()}`);
console.log(`JWT_SECRET=${secret()}`);
console.log(
  '# The provider account. It is only read, unless the token may write and ARCADIA_WRITE=1 is set for the services.',
);
console.log('DIGITALOCEAN_TOKEN=');
