// Prints fresh secrets for docker-compose.yml: node scripts/new-secrets.mjs > .env
import { randomBytes } from 'node:crypto';

// They begin with a letter because NATS reads a value from its environment as a number where it can.
const secret = () => `s${randomBytes(24).toString('hex')}`;
const services = ['INVENTORY_SYNC', 'BILLING_INGEST', 'PROVISIONING', 'DRIFT', 'METERING', 'INVOICING', 'GATEWAY'];

for (const name of ['POSTGRES', 'OPERATOR', ...services]) console.log(`${name}_PASSWORD=${secret()}`);
console.log(`JWT_SECRET=${secret()}`);
console.log('# The provider account. It is only read unless the token may write and the services are told to.');
console.log('DIGITALOCEAN_TOKEN=');
