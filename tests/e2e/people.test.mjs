// A person who is new: the second factor is enrolled first, and who they are is not theirs to say.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { asPortal } from './lib/admin.mjs';
import { closeBrowser, visitor } from './lib/browser.mjs';
import { request } from './lib/http.mjs';
import { ACCOUNT_CONSOLE, MOBILE, claims, refresh } from './lib/keycloak.mjs';
import { scene } from './lib/scene.mjs';
import { REALM } from './lib/settings.mjs';

const RECORD = 'pat_01JZZZZZZZZZZZZZZZZZZZZZZZ';

const nadia = { username: 'new-nadia', password: 'a long enough one' };
let browser;
let tokens;

/** The account as its owner sees it, or changes it. */
function account(token, body) {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' };
  return request(`${REALM}/account/`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
}

const stored = async () => (await asPortal('GET', `/users/${nadia.id}`)).body;

before(async () => {
  const [earlier] = (await asPortal('GET', `/users?exact=true&username=${nadia.username}`)).body;
  if (earlier) await asPortal('DELETE', `/users/${earlier.id}`);
  const credentials = [{ type: 'password', value: nadia.password, temporary: false }];
  const added = { username: nadia.username, enabled: true, attributes: { tid: ['demo'] }, credentials };
  nadia.id = (await asPortal('POST', '/users', added)).id;
  browser = await visitor(nadia);
});
after(async () => {
  await asPortal('DELETE', `/users/${nadia.id}`);
  await closeBrowser();
});

scene('nobody gets a first token before a second factor is enrolled', async () => {
  assert.deepEqual((await stored()).requiredActions, ['CONFIGURE_TOTP']);
  tokens = await browser.login(MOBILE);
  assert.ok(tokens.forms.includes('enrolment'), `asked for ${tokens.forms}`);
  const { acr, tid, patient } = claims(tokens.access);
  assert.deepEqual({ acr, tid, patient }, { acr: '2', tid: 'demo', patient: undefined });
});

scene('the record that the portal writes into an account is in its next token', async () => {
  const user = await stored();
  user.attributes = { ...user.attributes, patient: [RECORD], fhirUser: [`Patient/${RECORD}`] };
  await asPortal('PUT', `/users/${nadia.id}`, user);
  const next = await refresh(MOBILE, tokens.refresh);
  assert.equal(claims(next.access_token).patient, RECORD);
});

scene('nobody changes their own tenant or record, and everybody their name', async () => {
  const { access, forms } = await browser.login(ACCOUNT_CONSOLE);
  assert.deepEqual(forms, []);
  const own = await account(access);
  assert.equal(own.status, 200);
  const { attributes } = await stored();
  for (const wanted of [{ tid: ['other'] }, { patient: ['another'] }, { fhirUser: ['Patient/another'] }, {}]) {
    await account(access, { ...own.body, attributes: wanted });
    assert.deepEqual((await stored()).attributes, attributes, JSON.stringify(wanted));
  }
  const renamed = await account(access, { ...own.body, firstName: 'Nadia' });
  assert.equal(renamed.status, 204, JSON.stringify(renamed.body));
  assert.equal((await stored()).firstName, 'Nadia');
});

scene('a password alone neither opens the account nor enrols another second factor', async () => {
  const stranger = await visitor({ ...nadia });
  const { forms, access } = await stranger.login(ACCOUNT_CONSOLE, { acr_values: '1' });
  assert.deepEqual(forms, ['password', 'code']);
  assert.equal(claims(access).acr, '2');
  const another = await visitor({ ...nadia });
  const asked = await another.login(ACCOUNT_CONSOLE, { acr_values: '1', kc_action: 'CONFIGURE_TOTP' });
  assert.deepEqual(asked.forms, ['password', 'code', 'enrolment']);
});
