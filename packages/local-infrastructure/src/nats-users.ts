/** The NATS login of one service, with its permissions. */
export type NatsUser = {
  name: string;
  /** The password, or the environment variable of the server that holds it (it must begin with a letter). */
  password: string | { env: string };
  /** Subjects it may publish, wildcards allowed: its own events, jobs and dead letters; `['>']` for the operator. */
  publish: readonly string[];
  /** Streams it may change, empty and delete; every user may create a missing stream. By default all streams. */
  streams?: readonly string[];
  /** Request subjects that only this user may answer. */
  answers?: readonly string[];
};

/** Reading streams and managing consumers, allowed for every service. */
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
/** Sending requests (`ask.`), replying (`_INBOX.`), and the services framework's pings (`$SRV.`). */
const requestReply = ['ask.>', '_INBOX.>', '$SRV.>'];

/**
 * The `authorization` block of a server's configuration, with all users in one account: each may read every stream and send
 * requests to every service, but the server lets only the owner of a subject publish on it or answer it.
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
