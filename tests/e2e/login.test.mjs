// Who logs in how, and what the portal makes of it.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { copyClient } from './lib/admin.mjs';
import { closeBrowser, visitor } from './lib/browser.mjs';
import { MOBILE, claims } from './lib/keycloak.mjs';
import { person } from './lib/people.mjs';
import { ask, askAll, operations } from './lib/portal.mjs';
import { scene } from './lib/scene.mjs';
import { FHIR_AUDIENCE } from './lib/settings.mjs';

// The realm's own clients never get a token for a password alone. This one shows what the portal
// does in a realm that is less strict; it is first-party, so that nothing else refuses it.
const LENIENT = { ...MOBILE, id: 'portal-lenient' };

let all;
let zarghuna;

before(async () => {
  all = await operations();
  zarghuna = await (await visitor(person('demo-zarghuna'))).login(MOBILE);
});
after(closeBrowser);

scene('a login asks for password and code, and its token passes', async () => {
  assert.deepEqual(zarghuna.forms, ['password', 'code']);
  const me = await ask('GET /v1/portal/me', zarghuna.access);
  assert.equal(me.status, 200);
  assert.equal(me.body.status, 'active');
  assert.equal(me.body.mfaEnabled, true);
  assert.equal(me.body.tenant.id, 'demo');
});

scene('a token says what the portal needs, and nothing of the person', async () => {
  const said = claims(zarghuna.access);
  assert.equal(said.acr, '2');
  assert.equal(said.azp, MOBILE.id);
  assert.equal(said.tid, 'demo');
  assert.equal(said.sub, person('demo-zarghuna').id);
  assert.ok(said.patient && said.sid && said.jti && said.auth_time);
  assert.deepEqual([...said.aud].sort(), [FHIR_AUDIENCE, 'patient-portal', 'portal-service'].sort());
  assert.ok(said.exp - said.iat <= 900);
  for (const name of ['name', 'given_name', 'family_name', 'email', 'preferred_username']) {
    assert.ok(!(name in said), name);
  }
});

scene('with it every operation answers', async () => {
  assert.ok(all.length > 25, 'the operations of both surfaces');
  const answers = await askAll(all, zarghuna.access);
  // A write is refused for its empty body, after every question about the caller; an app that nobody
  // uses is revoked.
  const refused = answers.filter((answer) => !/: (20[024]|404 |422 VALIDATION_FAILED)/.test(answer));
  assert.deepEqual(refused, []);
});

scene('a password alone opens no operation', async () => {
  await copyClient(MOBILE.id, LENIENT.id, ({ attributes }) => ({
    attributes: { ...attributes, 'default.acr.values': '1', 'minimum.acr.value': '' },
  }));
  const ahmad = await (await visitor(person('demo-ahmad'))).login(LENIENT);
  assert.deepEqual(ahmad.forms, ['password']);
  assert.equal(claims(ahmad.access).acr, '1');
  const answers = await askAll(all, ahmad.access);
  assert.deepEqual(answers, all.map((operation) => `${operation}: 403 MFA_REQUIRED`));
});

scene('a client of the realm cannot ask for less than a second factor', async () => {
  const ahmad = await (await visitor(person('demo-ahmad'))).login(MOBILE, { acr_values: '1' });
  assert.deepEqual(ahmad.forms, ['password', 'code']);
  assert.equal(claims(ahmad.access).acr, '2');
});

scene('nobody comes in without a token, or with one that is for something else', async () => {
  const refused = all.map((operation) => `${operation}: 401 UNAUTHENTICATED`);
  for (const token of [undefined, zarghuna.id, zarghuna.refresh]) {
    assert.deepEqual(await askAll(all, token), refused);
  }
});
