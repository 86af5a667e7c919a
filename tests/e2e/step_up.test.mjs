// How old a second factor is, and what renews it. Keycloak keeps `acr` 2 for as long as a session
// lasts, so that `auth_time` alone tells a fresh second factor from an old one.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyClient } from './lib/admin.mjs';
import { closeBrowser, visitor } from './lib/browser.mjs';
import { MOBILE, claims, refresh } from './lib/keycloak.mjs';
import { person } from './lib/people.mjs';
import { STEP_UP, ask, askAll } from './lib/portal.mjs';
import { scene } from './lib/scene.mjs';

// Its tokens say that the login was eleven minutes ago, as those of a session of that age do. They
// are signed by Keycloak, and nothing else about them differs.
const AGED = { ...MOBILE, id: 'portal-aged' };
const AGE_SECONDS = 11 * 60;

let zarghuna;
let first;

const strength = (token) => {
  const { acr, auth_time: time } = claims(token);
  return { acr, time };
};

before(async () => {
  zarghuna = await visitor(person('demo-zarghuna'));
  first = await zarghuna.login(MOBILE);
});
after(closeBrowser);

// Until the clock has left the second of the first login, and one more.
const aMomentLater = () => sleep(Math.max(0, (strength(first.access).time + 2) * 1000 - Date.now()));

scene('a refresh renews neither level nor time', async () => {
  await aMomentLater();
  const again = await refresh(MOBILE, first.refresh);
  assert.deepEqual(strength(again.access_token), strength(first.access));
  assert.equal(strength(first.access).acr, '2');
  assert.ok(claims(again.access_token).iat > claims(first.access).iat);
  assert.equal((await ask('GET /v1/portal/me', again.access_token)).status, 200);
});

scene('single sign-on renews neither', async () => {
  const again = await zarghuna.login(MOBILE, { acr_values: '2', max_age: '600' });
  assert.deepEqual(again.forms, []);
  assert.deepEqual(strength(again.access), strength(first.access));
});

scene('a step-up asks again and renews the time', async () => {
  await aMomentLater();
  const renewed = await zarghuna.login(MOBILE, { acr_values: '2', max_age: '1' });
  assert.ok(renewed.forms.includes('code'), `asked for ${renewed.forms}`);
  assert.equal(strength(renewed.access).acr, '2');
  assert.ok(strength(renewed.access).time > strength(first.access).time);
  const answers = await askAll(STEP_UP, renewed.access);
  assert.deepEqual(answers.filter((answer) => / 40[13]/.test(answer)), []);
});

scene('an old second factor opens what needs one, and not what needs a fresh one', async () => {
  const time = Math.floor(Date.now() / 1000) - AGE_SECONDS;
  await copyClient(MOBILE.id, AGED.id, ({ defaultClientScopes }) => ({
    defaultClientScopes: defaultClientScopes.filter((scope) => scope !== 'basic'),
    protocolMappers: [subject, claimOf('auth_time', time)],
  }));
  const { access } = await zarghuna.login(AGED);
  assert.deepEqual(strength(access), { acr: '2', time });
  assert.equal((await ask('GET /v1/portal/me', access)).status, 200);
  const refused = STEP_UP.map((operation) => `${operation}: 401 STEP_UP_REQUIRED`);
  assert.deepEqual(await askAll(STEP_UP, access), refused);
});

const subject = {
  name: 'sub',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-sub-mapper',
  config: { 'access.token.claim': 'true', 'introspection.token.claim': 'true' },
};

const claimOf = (name, value) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: {
    'claim.name': name,
    'claim.value': String(value),
    'jsonType.label': 'long',
    'access.token.claim': 'true',
    'introspection.token.claim': 'true',
  },
});
