// Somebody who is new registers at the portal, and Keycloak learns whose record is theirs.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { asPortal } from './lib/admin.mjs';
import { closeBrowser, visitor } from './lib/browser.mjs';
import { within } from './lib/http.mjs';
import { MOBILE, claims, refresh } from './lib/keycloak.mjs';
import { ask, change } from './lib/portal.mjs';
import { registrant, sent } from './lib/sandbox.mjs';
import { scene } from './lib/scene.mjs';

const LABORATORY = 'GET /v1/portal/results/labs';
const ME = 'GET /v1/portal/me';
const REGISTRATIONS = 'POST /v1/portal/registrations';
const SOON_MS = 10_000;

const newcomer = { username: 'new-registrant', password: 'a long enough one' };
let record;
let tokens;

before(async () => {
  const [earlier] = (await asPortal('GET', `/users?exact=true&username=${newcomer.username}`)).body;
  if (earlier) await asPortal('DELETE', `/users/${earlier.id}`);
  const credentials = [{ type: 'password', value: newcomer.password, temporary: false }];
  const added = { username: newcomer.username, enabled: true, attributes: { tid: ['demo'] }, credentials };
  newcomer.id = (await asPortal('POST', '/users', added)).id;
  record = await registrant('demo');
  tokens = await (await visitor(newcomer)).login(MOBILE);
});
after(async () => {
  await asPortal('DELETE', `/users/${newcomer.id}`);
  await closeBrowser();
});

scene('who has no account yet is somebody, and nobody\'s record is theirs', async () => {
  const { tid, patient } = claims(tokens.access);
  assert.deepEqual({ tid, patient }, { tid: 'demo', patient: undefined });
  assert.equal((await ask(ME, tokens.access)).code, 'ACCOUNT_NOT_LINKED');
});

scene('a registered and verified patient\'s next token carries patient, and opens the record', async () => {
  const { mrn, birthDate, email } = record;
  const asked = await change(REGISTRATIONS, tokens.access, { mrn, birthDate, channel: 'email' });
  assert.deepEqual([asked.status, asked.body], [202, { status: 'received' }]);
  const token = await sent(email);
  const verified = await change(`${REGISTRATIONS}/verify`, tokens.access, { token });
  assert.deepEqual([verified.status, verified.body.status], [200, 'active']);

  const { patientId } = (await ask(ME, tokens.access)).body;
  const next = await within(SOON_MS, async () => {
    tokens.refresh = (tokens.last = await refresh(MOBILE, tokens.refresh)).refresh_token;
    return claims(tokens.last.access_token).patient && tokens.last.access_token;
  });
  assert.ok(next, 'Keycloak was told in time');
  assert.equal((await ask(LABORATORY, next)).status, 200);
  // FHIR decides by the claim alone.
  const own = await ask('GET /fhir/R4/Patient', next);
  assert.deepEqual(own.body.entry.map(({ resource }) => resource.id), [patientId]);
});

scene('Keycloak holds the Patient under both of its names', async () => {
  const { attributes } = (await asPortal('GET', `/users/${newcomer.id}`)).body;
  const { patientId } = (await ask(ME, tokens.last.access_token)).body;
  assert.match(attributes.fhirUser[0], new RegExp(`/fhir/R4/Patient/${patientId}$`));
  assert.deepEqual(attributes.tid, ['demo']);
});
