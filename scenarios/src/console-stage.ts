import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { issueToken } from '@arcadia/app';
import { type Person, parseConfig, type RunningConsole, startConsole } from '@arcadia/console';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { createLog } from '@arcadia/platform';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

export const operator: Person = { subject: 'operator', tenantId: null, roles: ['platform_admin'] };
export const acme: Person = { subject: 'acme-user', tenantId: 'acme', roles: ['tenant'] };

export type ConsoleStage = AsyncDisposable & {
  readonly stack: WholeStack;
  readonly console: RunningConsole;
  /** Signs a person in by a one-time link. */
  signIn(person: Person): Promise<Visitor>;
};

/** The world of April, played with these settings of the services, and the web console before it, as `npm start` starts them. */
export const openConsoleStage = async (settings: Record<string, string> = {}): Promise<ConsoleStage> => {
  const disposables = new AsyncDisposableStack();
  const file = path.resolve(import.meta.dirname, '../../worlds/april.json');
  const stack = disposables.use(await startWholeStack(parseWorld(readFileSync(file, 'utf8'), file), { env: settings }));
  await stack.play();
  const running = await startTestConsole(stack);
  disposables.defer(() => running.stop());
  return {
    stack,
    console: running,
    signIn: (person) => signIn(running, person),
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
};

/** Starts a console before the gateway of a stack. */
export const startTestConsole = (stack: WholeStack, env: Record<string, string> = {}): Promise<RunningConsole> => {
  const { jwt } = stack.home.state.secrets;
  return startConsole({
    config: parseConfig({
      CONSOLE_HOST: '127.0.0.1',
      CONSOLE_PORT: '0',
      CONSOLE_SECRET: jwt,
      GATEWAY_URL: stack.running.gateway,
      ...env,
    }),
    log: createLog({ name: 'console', destination: stack.home.at('arcadia.log') }),
    issueToken: ({ subject, tenantId, roles: [role = 'tenant'] }) => issueToken(jwt, { subject, tenantId, role }),
  });
};

export type Shown = { status: number; html: string; headers: Headers; zippedBytes: number };

/** A person with a session and without a browser: pages and forms as they are without JavaScript. */
export type Visitor = {
  readonly cookie: string;
  get(address: string): Promise<Shown>;
  /** Sends a form of this console; a redirect is followed. */
  post(
    address: string,
    fields: Readonly<Record<string, string>> | FormData,
    headers?: Record<string, string>,
  ): Promise<Shown>;
};

export const signIn = async ({ url, signInLink }: RunningConsole, person: Person): Promise<Visitor> => {
  const entered = await fetch(signInLink(person), { redirect: 'manual' });
  const cookies = new Map<string, string>();
  const keep = (response: Response): void => {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
  };
  keep(entered);
  const cookie = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const send = async (address: string, init: RequestInit): Promise<Shown> => {
    const response = await fetch(new URL(address, url), {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), cookie: cookie() },
      signal: AbortSignal.timeout(30_000),
    });
    keep(response);
    const location = response.headers.get('location');
    if (response.status === 303 && location !== null) return send(location, { method: 'GET' });
    const html = await response.text();
    return { status: response.status, html, headers: response.headers, zippedBytes: gzipSync(html).length };
  };
  return {
    get cookie() {
      return cookie();
    },
    get: (address) => send(address, { method: 'GET' }),
    post: (address, fields, headers = {}) =>
      send(address, {
        method: 'POST',
        body: fields instanceof FormData ? fields : new URLSearchParams({ idempotency_key: randomUUID(), ...fields }),
        headers: { origin: url, ...headers },
      }),
  };
};

/** The addresses of this console that a page links to. */
export const linksIn = (html: string): string[] =>
  [...html.matchAll(/href="(\/[^"#]*)[^"]*"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&'));

/** The text of a page, without its tags. */
export const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');

/** The hidden values of a form, as a browser would send them. */
export const hiddenIn = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
    ]),
  );
