// Prints fresh secrets and settings for docker-compose.yml: node scripts/new-secrets.mjs > .env
// After an upgrade, it prints only the secrets that .env lacks: node scripts/new-secrets.mjs --add .env >> .env
// With DIGITALOCEAN_TOKEN in the environment they are for that account, otherwise for a simulated provider.
import { createPublicKey, randomBytes } from 'node:crypto';
import { fchmodSync, fstatSync, readFileSync } from 'node:fs';

// The file into which the shell writes the secrets is for its owner alone.
if (fstatSync(1).isFile()) fchmodSync(1, 0o600);

// Each begins with a letter, because NATS reads a value from its environment as a number if it looks like one.
const secret = () => `s${randomBytes(24).toString('hex')}`;
/** The DER of a PKCS #8 X25519 key before its 32 bytes (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const users = [
  'POSTGRES',
  'OPERATOR',
  'INSTALLER',
  'INVENTORY_SYNC',
  'BILLING_INGEST',
  'PROVISIONING',
  'DRIFT',
  'METERING',
  'INVOICING',
  'NOTIFICATIONS',
  'GATEWAY',
];

const secrets = {
  ...Object.fromEntries(users.map((name) => [`${name}_PASSWORD`, secret()])),
  JWT_SECRET: secret(),
  CONSOLE_SECRET: secret(),
  NOTIFICATIONS_KEY: secret(),
  GRAFANA_PASSWORD: secret(),
};
const [option, file] = process.argv.slice(2);
const isAdding = option === '--add';
const present = new Map(
  isAdding ? Array.from(readFileSync(file, 'utf8').matchAll(/^(\w+)=(.+)/gm), ([, name, value]) => [name, value]) : [],
);

// Each service, and the operator, signs its requests; all know the public keys.
const signers = users.filter((name) => name !== 'POSTGRES' && name !== 'INSTALLER');
const publicKeys = signers.map((name) => {
  const variable = `${name}_SIGNING_KEY`;
  secrets[variable] = present.get(variable) ?? randomBytes(32).toString('base64url');
  const key = Buffer.concat([pkcs8, Buffer.from(secrets[variable], 'base64url')]);
  const { x } = createPublicKey({ key, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  return `${name.toLowerCase().replaceAll('_', '-')}:${x}`;
});
secrets.ACTOR_KEYS = publicKeys.join(',');
// The list of a former version lacks the keys of new services, or has them in another form; of two lines with one name, the last holds.
const listed = new Set(present.get('ACTOR_KEYS')?.split(','));
if (!publicKeys.every((key) => listed.has(key))) present.delete('ACTOR_KEYS');
// With the public keys of an identity provider the gateway refuses a shared secret beside them.
if (present.has('JWT_JWKS_URL')) delete secrets.JWT_SECRET;

for (const [name, value] of Object.entries(secrets)) if (!present.has(name)) console.log(`${name}=${value}`);
if (isAdding) process.exit();
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
