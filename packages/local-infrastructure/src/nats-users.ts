/** One service's login at NATS, and what it alone may say. */
export type NatsUser = {
  name: string;
  password: string;
  /** Subjects it may publish, wildcards allowed: its own events, jobs, dead letters. `['>']` for the operator. */
  publish: readonly string[];
  /** Streams it may create, change and purge. Left out: any. */
  streams?: readonly string[];
  /** Subjects it may subscribe to. Left out: any. */
  subscribe?: readonly string[];
};

/** Reading streams and keeping consumers: what every service does. */
const jetStreamReading = [
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.DIRECT.GET.>',
  '$JS.API.CONSUMER.>',
  '$JS.ACK.>',
  '$JS.FC.>',
];
const streamChanges = ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE'];
/** Asking others (`ask.`), answering them (`_INBOX.`), and the services framework's pings (`$SRV.`). */
const requestReply = ['ask.>', '_INBOX.>', '$SRV.>'];

/**
 * The `authorization` block of a server's configuration, all users in one account: each may read every stream and ask
 * every service, but an event subject may be published only by the service it belongs to, whatever its code does.
 */
export function natsUsers(users: readonly NatsUser[]): string {
  return `authorization {\n  users = [\n${users.map(userBlock).join(',\n')}\n  ]\n}\n`;
}

function userBlock(user: NatsUser): string {
  const changes = (user.streams ?? ['*']).flatMap((stream) =>
    streamChanges.map((change) => `$JS.API.STREAM.${change}.${stream}`),
  );
  const publish = user.publish.includes('>')
    ? ['>']
    : [...user.publish, ...jetStreamReading, ...changes, ...requestReply];
  const subscribe = user.subscribe ? [...user.subscribe, '_INBOX.>', '$SRV.>'] : ['>'];
  return [
    `    { user: ${quoted(user.name)}, password: ${quoted(user.password)}`,
    `      permissions: {`,
    `        publish: { allow: [${publish.map(quoted).join(', ')}] }`,
    `        subscribe: { allow: [${subscribe.map(quoted).join(', ')}] } } }`,
  ].join('\n');
}

/** JSON strings are also strings of the server's configuration language. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
