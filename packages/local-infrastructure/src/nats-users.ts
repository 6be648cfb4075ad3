/** The NATS login of one service or person, with its permissions; the server refuses everything else. */
export type NatsUser = {
  name: string;
  /** The password, or the environment variable of the server that holds it (it must begin with a letter). */
  password: string | { env: string };
  /** Subjects to which it may publish, wildcards allowed. */
  publish: readonly string[];
  /** Subjects to which it may subscribe, wildcards allowed. */
  subscribe: readonly string[];
  /** Whether it may also publish one message to the reply subject of each message that it receives, within two minutes. */
  mayReply?: boolean;
};

/** The `authorization` block of a server's configuration, with all users in one account. */
export function natsUsers(users: readonly NatsUser[]): string {
  return `authorization {\n  users = [\n${users.map(userBlock).join(',\n')}\n  ]\n}\n`;
}

function userBlock({ name, password, publish, subscribe, mayReply = false }: NatsUser): string {
  const secret = typeof password === 'string' ? quoted(password) : `$${password.env}`;
  return [
    `    { user: ${quoted(name)}, password: ${secret}`,
    `      permissions: {`,
    `        publish: ${rights(publish)}`,
    `        subscribe: ${rights(subscribe)}`,
    ...(mayReply ? [`        allow_responses: { max: 1, expires: "2m" }`] : []),
    `      } }`,
  ].join('\n');
}

/** An empty list of allowed subjects would allow all. */
function rights(subjects: readonly string[]): string {
  if (subjects.length === 0) return `{ deny: [">"] }`;
  return `{ allow: [\n${subjects.map((subject) => `          ${quoted(subject)}`).join(',\n')} ] }`;
}

/** JSON strings are also strings of the server's configuration language. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
