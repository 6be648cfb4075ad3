/** One service's login at NATS, and what it alone may say. */
export type NatsUser = {
  name: string;
  /** The password, or the environment variable of the server that holds it (it must begin with a letter). */
  password: string | { env: string };
  /** Subjects it may publish, wildcards allowed: its own events, jobs, dead letters. `['>']` for the operator. */
  publish: readonly string[];
  /** Streams it may change, empty and delete (creating one that is missing is everyone's). Left out: any. */
  streams?: readonly string[];
  /** Subjects of questions that it alone may answer. */
  answers?: readonly string[];
};

/** Reading streams and keeping consumers: what every service does. */
const jetStreamReading = [
  '$JS.API.STREAM.CREATE.*',
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
const streamChanges = ['UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE'];
/** Asking others (`ask.`), answering them (`_INBOX.`), and the services framework's pings (`$SRV.`). */
const requestReply = ['ask.>', '_INBOX.>', '$SRV.>'];

/**
 * The `authorization` block of a server's configuration, all users in one account: each may read every stream and ask
 * every service, but only the service that a subject belongs to may publish or answer it, whatever its code does.
 */
export function natsUsers(users: readonly NatsUser[]): string {
  return `authorization {\n  users = [\n${users.map((user) => userBlock(user, users)).join(',\n')}\n  ]\n}\n`;
}

function userBlock(user: NatsUser, all: readonly NatsUser[]): string {
  const changes = (user.streams ?? ['*']).flatMap((stream) =>
    streamChanges.map((change) => `$JS.API.STREAM.${change}.${stream}`),
  );
  const isOperator = user.publish.includes('>');
  const publish = isOperator ? ['>'] : [...user.publish, ...jetStreamReading, ...changes, ...requestReply];
  const others = all.filter((other) => other !== user && !isOperator).flatMap(({ answers = [] }) => answers);
  const password = typeof user.password === 'string' ? quoted(user.password) : `$${user.password.env}`;
  return [
    `    { user: ${quoted(user.name)}, password: ${password}`,
    `      permissions: {`,
    `        publish: { allow: [${publish.map(quoted).join(', ')}] }`,
    `        subscribe: { allow: [">"], deny: [${others.map(quoted).join(', ')}] } } }`,
  ].join('\n');
}

/** JSON strings are also strings of the server's configuration language. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
