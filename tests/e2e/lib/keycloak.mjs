// Keycloak as clients see it (OpenID Connect Core 1.0, RFC 7636, RFC 7009).
import { createHash, randomBytes } from 'node:crypto';
import { request } from './http.mjs';
import { REALM } from './settings.mjs';

// Nobody listens there: the browser's way back is read from its request. Keycloak leaves the port
// of the loopback to apps (RFC 8252 section 7.3).
const CALLBACK = 'http://127.0.0.1:65535/callback';

export const MOBILE = { id: 'portal-mobile', redirect: CALLBACK, scope: 'openid profile patient/*.read patient/Patient.write' };
export const SMART_APP = {
  id: 'smart-demo-app',
  redirect: CALLBACK,
  scope: 'openid fhirUser launch/patient patient/*.rs',
};
export const ACCOUNT_CONSOLE = { id: 'account-console', redirect: `${REALM}/account/`, scope: 'openid' };

export const endpoint = (name) => `${REALM}/protocol/openid-connect/${name}`;

/** What Keycloak publishes about itself. */
export async function discovery() {
  const { body } = await request(`${REALM}/.well-known/openid-configuration`);
  return body;
}

/** An authorization request with PKCE; `parameters` add to it, or with `undefined` take away. */
export function authorization(client, parameters = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(endpoint('auth'));
  const all = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirect,
    scope: client.scope,
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  };
  const stated = Object.entries(all).filter(([, value]) => value !== undefined);
  url.search = new URLSearchParams(stated).toString();
  return { url: url.href, verifier };
}

/** A form that a client sends to one of Keycloak's endpoints. */
export function send(name, client, form) {
  const body = new URLSearchParams({ client_id: client.id, ...form });
  if (client.secret) body.set('client_secret', client.secret);
  return request(endpoint(name), { method: 'POST', body });
}

async function tokens(client, form) {
  const { status, body } = await send('token', client, form);
  if (status !== 200) throw new Error(`${client.id} got no token: ${status} ${JSON.stringify(body)}`);
  return body;
}

export const exchange = (client, code, verifier) =>
  tokens(client, { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: client.redirect });

export const refresh = (client, token) => tokens(client, { grant_type: 'refresh_token', refresh_token: token });

/** How Keycloak answers a refresh that it may refuse. */
export const tryRefresh = (client, token) => send('token', client, { grant_type: 'refresh_token', refresh_token: token });

export const ownToken = (client) => tokens(client, { grant_type: 'client_credentials' });

/** Takes a token back at Keycloak's own endpoint. */
export async function revoke(client, token) {
  const { status } = await send('revoke', client, { token });
  if (status !== 200) throw new Error(`not revoked: ${status}`);
}

const part = (token, index) => JSON.parse(Buffer.from(token.split('.')[index], 'base64url').toString());

export const claims = (token) => part(token, 1);
export const keyId = (token) => part(token, 0).kid;
