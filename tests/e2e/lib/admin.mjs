// Keycloak's admin API, as the operator and as the portal's own client for accounts.
import { request } from './http.mjs';
import { endpoint, ownToken } from './keycloak.mjs';
import { secretOf } from './people.mjs';
import { OPERATOR, REALM } from './settings.mjs';

const BASE = REALM.replace('/realms/', '/admin/realms/');
const MASTER = endpoint('token').replace(/\/realms\/[^/]+/, '/realms/master');

async function operatorToken() {
  const form = { grant_type: 'client_credentials', client_id: OPERATOR.id, client_secret: OPERATOR.secret };
  const { body } = await request(MASTER, { method: 'POST', body: new URLSearchParams(form) });
  return body.access_token;
}

async function accountsToken() {
  const client = { id: 'portal-accounts', secret: secretOf('portal-accounts') };
  const { access_token: token } = await ownToken(client);
  return token;
}

function call(token, method, path, body, base = BASE) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return request(base + path, { method, headers, body: body && JSON.stringify(body) });
}

/** A call whose answer is looked at. */
export const callAsOperator = async (...asked) => call(await operatorToken(), ...asked);
export const callAsPortal = async (...asked) => call(await accountsToken(), ...asked);

async function expectDone(answer, method, path) {
  const { status, body, headers } = await answer;
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  return { body, id: headers.get('location')?.split('/').at(-1) };
}

/** A call that has to succeed. */
export const asOperator = (method, path, body) => expectDone(callAsOperator(method, path, body), method, path);
export const asPortal = (method, path, body) => expectDone(callAsPortal(method, path, body), method, path);

/** Imports one more realm. What comes back asks about it, and changes it. */
export async function importRealm(realm) {
  const all = BASE.slice(0, BASE.lastIndexOf('/'));
  const { status, body } = await call(await operatorToken(), 'POST', '', realm, all);
  if (status !== 201) throw new Error(`${realm.realm} is not imported: ${status} ${JSON.stringify(body)}`);
  return async (path, method = 'GET') => {
    const answer = await call(await operatorToken(), method, path, undefined, `${all}/${realm.realm}`);
    return answer.body;
  };
}

/** A copy of a client under another id, with changes; one of an earlier run is replaced. */
export async function copyClient(id, copyId, change) {
  const find = async (clientId) => (await asOperator('GET', `/clients?clientId=${clientId}`)).body[0];
  const earlier = await find(copyId);
  if (earlier) await asOperator('DELETE', `/clients/${earlier.id}`);
  const { id: _, ...original } = await find(id);
  await asOperator('POST', '/clients', { ...original, clientId: copyId, ...change(original) });
}
