import * as oauth from 'oauth4webapi';
import { isOnThisMachine, type OpenIdConfig } from '../config.ts';
import type { SignInAttempt } from './cookies.ts';

/** The identity provider did not sign the person in; the message is a sentence about why. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';
}

/** Signing in with an issuer: OpenID Connect, code flow with PKCE. */
export type OpenId = {
  /** Where to send the person, and what to remember meanwhile. */
  begin(redirectUri: string, to: string): Promise<{ address: string; attempt: SignInAttempt }>;
  /** The access token for the code in the address that the person came back with. Throws SignInFailed. */
  finish(returned: URL, redirectUri: string, attempt: SignInAttempt): Promise<string>;
};

export const createOpenId = ({ issuer, clientId, clientSecret, scope }: OpenIdConfig): OpenId => {
  const client: oauth.Client = { client_id: clientId };
  const authentication = clientSecret === null ? oauth.None() : oauth.ClientSecretPost(clientSecret);
  const options = { [oauth.allowInsecureRequests]: isOnThisMachine(issuer) };
  let found: Promise<oauth.AuthorizationServer> | undefined;
  const discover = (): Promise<oauth.AuthorizationServer> => {
    found ??= (async () =>
      oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oidc' }),
      ))();
    found.catch(() => {
      found = undefined;
    });
    return found;
  };
  return {
    begin: async (redirectUri, to) => {
      const server = await discover().catch((cause: unknown) => {
        throw new SignInFailed('The identity provider does not answer at the moment; try again.', { cause });
      });
      if (server.authorization_endpoint === undefined)
        throw new SignInFailed('The identity provider names no authorization endpoint; check OPENID_ISSUER.');
      const attempt = {
        verifier: oauth.generateRandomCodeVerifier(),
        state: oauth.generateRandomState(),
        nonce: oauth.generateRandomNonce(),
        to,
      };
      const address = new URL(server.authorization_endpoint);
      const parameters = {
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope,
        code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      };
      for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
      return { address: address.href, attempt };
    },
    finish: async (returned, redirectUri, { verifier, state, nonce }) => {
      try {
        const server = await discover();
        const parameters = oauth.validateAuthResponse(server, client, returned, state);
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          authentication,
          parameters,
          redirectUri,
          verifier,
          options,
        );
        const { access_token } = await oauth.processAuthorizationCodeResponse(server, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        return access_token;
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new SignInFailed(`The identity provider did not sign you in: ${why}. Try again.`, { cause });
      }
    },
  };
};
