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

scene('nobody changes their own tenant or record', async () => {
  const { access } = await browser.login(ACCOUNT_CONSOLE);
  const headers = { authorization: `Bearer ${access}`, accept: 'application/json' };
  const account = `${REALM}/account/`;
  const own = await request(account, { headers });
  assert.equal(own.status, 200);
  const before = (await stored()).attributes;
  for (const attributes of [
    { tid: ['other'] },
    { patient: ['another'] },
    { fhirUser: ['Patient/another'] },
    {},
  ]) {
    const body = JSON.stringify({ ...own.body, attributes });
    const typed = { ...headers, 'content-type': 'application/json' };
    await request(account, { method: 'POST', headers: typed, body });
    assert.deepEqual((await stored()).attributes, before, JSON.stringify(attributes));
  }
});

scene('what is one\'s own can be changed at the same place', async () => {
  const { access } = await browser.login(ACCOUNT_CONSOLE);
  const headers = { authorization: `Bearer ${access}`, accept: 'application/json' };
  const own = await request(`${REALM}/account/`, { headers });
  const body = JSON.stringify({ ...own.body, firstName: 'Nadia' });
  const typed = { ...headers, 'content-type': 'application/json' };
  const answer = await request(`${REALM}/account/`, { method: 'POST', headers: typed, body });
  assert.equal(answer.status, 204);
  assert.equal((await stored()).firstName, 'Nadia');
});
