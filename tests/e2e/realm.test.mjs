// What the realm refuses by itself, and what it offers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { callAsPortal, importRealm } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { MOBILE, SMART_APP, authorization, discovery, send } from './lib/keycloak.mjs';
import { CLIENTS, person } from './lib/people.mjs';
import { fhirTypes } from './lib/portal.mjs';
import { scene } from './lib/scene.mjs';
import { PORTAL, REALM } from './lib/settings.mjs';

const LETTERS = ['read', 'rs', 'r', 's'];

/** What Keycloak says to an authorization request before it shows a page. */
async function refusal(client, parameters) {
  const { status, headers } = await request(authorization(client, parameters).url);
  const location = headers.get('location');
  if (!location) return `a page with status ${status}`;
  const { searchParams, hash } = new URL(location);
  return searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error');
}

scene('no client gets a token for a password, and none gets one in a redirect', async () => {
  const { username, password } = person('demo-zarghuna');
  for (const client of [...CLIENTS, { id: 'admin-cli' }]) {
    const form = { grant_type: 'password', username, password, scope: 'openid' };
    const { status, body } = await send('token', client, form);
    assert.ok(status >= 400 && !body?.access_token, `${client.id}: ${status}`);
  }
  for (const client of [MOBILE, SMART_APP]) {
    for (const type of ['token', 'id_token token', 'code token']) {
      const asked = { response_type: type, nonce: 'n' };
      assert.equal(await refusal(client, asked), 'unauthorized_client', `${client.id}: ${type}`);
    }
  }
});

scene('PKCE is needed, and only S256 will do', async () => {
  for (const client of [MOBILE, SMART_APP]) {
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    assert.equal(await refusal(client, none), 'invalid_request');
    assert.equal(await refusal(client, { code_challenge_method: 'plain' }), 'invalid_request');
    assert.equal(await refusal(client, {}), 'a page with status 200');
  }
});

scene('a redirect leads to nowhere but the client', async () => {
  for (const redirect of ['http://127.0.0.1:65535/other', 'http://example.org/callback']) {
    assert.equal(await refusal(MOBILE, { redirect_uri: redirect }), 'a page with status 400');
  }
});

scene('every served type has its scopes', async () => {
  const { scopes_supported: offered, issuer } = await discovery();
  assert.equal(issuer, REALM);
  const types = ['*', ...(await fhirTypes())];
  const wanted = types.flatMap((type) => LETTERS.map((letters) => `patient/${type}.${letters}`));
  const others = ['openid', 'fhirUser', 'launch/patient', 'offline_access'];
  assert.deepEqual([...wanted, ...others].filter((scope) => !offered.includes(scope)), []);
});

scene('the file alone has no people, and secrets that nobody knows', async () => {
  const file = readFileSync(new URL('../../deploy/keycloak/patient-realm.json', import.meta.url), 'utf8');
  // Keycloak fills this in only when it imports at its start.
  const realm = { ...JSON.parse(file.replaceAll('${PATIENT_PORTAL_URL}', PORTAL)), realm: 'bare' };
  assert.deepEqual(realm.users.filter(({ serviceAccountClientId }) => !serviceAccountClientId), []);
  const bare = await importRealm(realm);
  try {
    const clients = (await bare('/clients')).filter(({ publicClient, bearerOnly }) => !publicClient && !bearerOnly);
    const own = clients.filter(({ clientId }) => clientId.startsWith('portal-'));
    assert.equal(own.length, 3);
    for (const { clientId, secret } of own) assert.match(secret, /^[A-Za-z0-9]{32,}$/, clientId);
    assert.deepEqual(await bare('/users'), []);
  } finally {
    await bare('', 'DELETE');
  }
});

scene('the client for accounts sees and changes people, and nothing else', async () => {
  const { id } = person('demo-zarghuna');
  assert.equal((await callAsPortal('GET', `/users/${id}`)).status, 200);
  for (const path of ['/clients', '/components', '/identity-provider/instances', '/events']) {
    assert.equal((await callAsPortal('GET', path)).status, 403, path);
  }
  assert.equal((await callAsPortal('PUT', '', { accessTokenLifespan: 86_400 })).status, 403);
});
