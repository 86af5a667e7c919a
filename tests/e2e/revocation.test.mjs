// What is ended at Keycloak ends at the portal within five seconds.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { asPortal, copyClient } from './lib/admin.mjs';
import { closeBrowser, visitor } from './lib/browser.mjs';
import { within } from './lib/http.mjs';
import { MOBILE, SMART_APP, revoke, tryRefresh } from './lib/keycloak.mjs';
import { person } from './lib/people.mjs';
import { ask } from './lib/portal.mjs';
import { scene } from './lib/scene.mjs';

const LABORATORY = 'GET /fhir/R4/Observation?category=laboratory';
const ME = 'GET /v1/portal/me';
const APPS = '/v1/portal/me/apps';
const PROMISED_MS = 5_000;
const PAUSE_MS = 100;

const OVERREACHING = { ...SMART_APP, id: 'smart-overreaching-app' };

let zarghuna;
let bystander;

before(async () => {
  zarghuna = await visitor(person('demo-zarghuna'));
  bystander = await (await visitor(person('demo-ahmad'))).login(SMART_APP);
});
after(closeBrowser);

/** How an operation refuses a token; nothing, if it passes. */
async function refusal(operation, token) {
  const { status, code } = await ask(operation, token);
  return status === 200 ? undefined : `${status} ${code}`;
}

async function isRefusedInTime(operation, token) {
  const refused = await within(PROMISED_MS + PAUSE_MS, () => refusal(operation, token), PAUSE_MS);
  assert.equal(refused, '401 TOKEN_REVOKED');
}

/** Whom Keycloak knows to have a consent of hers. */
async function consents() {
  const { body } = await asPortal('GET', `/users/${person('demo-zarghuna').id}/consents`);
  return body.map(({ clientId }) => clientId);
}

/** The demo app as its patient sees it. */
async function smartApp(token) {
  const { body } = await ask(`GET ${APPS}`, token);
  return body.data.find(({ clientId }) => clientId === SMART_APP.id);
}

async function passes(operation, token) {
  assert.equal(await refusal(operation, token), undefined);
}

scene('an app asks for consent, reads FHIR, and has no place on the portal\'s own surface', async () => {
  const app = await zarghuna.login(SMART_APP);
  assert.deepEqual(app.forms, ['password', 'code', 'consent']);
  await passes(LABORATORY, app.access);
  assert.equal(await refusal(ME, app.access), '401 UNAUTHENTICATED');
});

scene('an app that a realm gives the audience of the portal\'s own surface is refused there too', async () => {
  await copyClient(SMART_APP.id, OVERREACHING.id, ({ defaultClientScopes }) => ({
    defaultClientScopes: [...defaultClientScopes, 'portal'],
  }));
  const app = await zarghuna.login(OVERREACHING);
  await passes(LABORATORY, app.access);
  assert.equal(await refusal(ME, app.access), '403 CLIENT_NOT_ALLOWED');
});

scene('an access token that the app gives back is refused', async () => {
  const app = await zarghuna.login(SMART_APP);
  await passes(LABORATORY, app.access);
  await revoke(SMART_APP, app.access);
  await isRefusedInTime(LABORATORY, app.access);
});

scene('with the refresh token the access token goes', async () => {
  const app = await zarghuna.login(SMART_APP);
  await passes(LABORATORY, app.access);
  await revoke(SMART_APP, app.refresh);
  await isRefusedInTime(LABORATORY, app.access);
});

scene('an app whose consent is taken back is refused, and nobody else is', async () => {
  const app = await zarghuna.login(SMART_APP);
  const own = await zarghuna.login(MOBILE);
  await passes(LABORATORY, app.access);
  await asPortal('DELETE', `/users/${person('demo-zarghuna').id}/consents/${SMART_APP.id}`);
  await isRefusedInTime(LABORATORY, app.access);
  await passes(ME, own.access);
  await passes(LABORATORY, bystander.access);
});

scene('an app that the patient revokes at the portal is refused there and at Keycloak, until consent', async () => {
  const app = await zarghuna.login(SMART_APP);
  const own = await zarghuna.login(MOBILE);
  await passes(LABORATORY, app.access);
  const listed = await within(PROMISED_MS, () => smartApp(own.access));
  assert.ok(listed.scopes.some(({ text }) => text === 'Your whole health record: see'), JSON.stringify(listed));
  assert.equal((await ask(`DELETE ${APPS}/${SMART_APP.id}`, own.access)).status, 204);
  await isRefusedInTime(LABORATORY, app.access);
  assert.ok(await within(PROMISED_MS, async () => !(await consents()).includes(SMART_APP.id)), 'it is withdrawn');
  // Once: a refresh token that is used again would be refused for that alone.
  assert.equal((await tryRefresh(SMART_APP, app.refresh)).body.error, 'invalid_grant');
  assert.equal(await smartApp(own.access), undefined);
  await passes(ME, own.access);
  await passes(LABORATORY, bystander.access);
  // A newer consent counts once every pod has heard that the older one ended.
  const asked = [];
  const letIn = await within(PROMISED_MS, async () => {
    const { access, forms } = await zarghuna.login(SMART_APP);
    asked.push(...forms);
    return !(await refusal(LABORATORY, access));
  });
  assert.ok(letIn, 'the app is let in again');
  assert.deepEqual(asked, ['consent']);
});

scene('a session that an administrator ends takes its apps along', async () => {
  const app = await zarghuna.login(SMART_APP);
  await passes(LABORATORY, app.access);
  await asPortal('POST', `/users/${person('demo-zarghuna').id}/logout`);
  await isRefusedInTime(LABORATORY, app.access);
  await passes(LABORATORY, bystander.access);
});

scene('a tenant may have every token confirmed, also of the portal\'s own clients', async () => {
  const farid = person('other-farid');
  const own = await (await visitor(farid)).login(MOBILE);
  await passes(ME, own.access);
  await asPortal('POST', `/users/${farid.id}/logout`);
  await isRefusedInTime(ME, own.access);
});
