// The portal follows when Keycloak begins to sign with a new key.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { asOperator } from './lib/admin.mjs';
import { closeBrowser, visitor } from './lib/browser.mjs';
import { MOBILE, keyId, refresh } from './lib/keycloak.mjs';
import { person } from './lib/people.mjs';
import { ask } from './lib/portal.mjs';
import { scene } from './lib/scene.mjs';

const ME = 'GET /v1/portal/me';

after(closeBrowser);

async function addKey() {
  const { body: realm } = await asOperator('GET', '');
  const config = { priority: ['500'], enabled: ['true'], active: ['true'], algorithm: ['RS256'], keySize: ['2048'] };
  const key = { name: 'rotated', providerType: 'org.keycloak.keys.KeyProvider', providerId: 'rsa-generated' };
  const { id } = await asOperator('POST', '/components', { ...key, parentId: realm.id, config });
  return () => asOperator('DELETE', `/components/${id}`);
}

scene('tokens of the new key pass at once, those of the old one go on passing', async () => {
  const before = await (await visitor(person('demo-zarghuna'))).login(MOBILE);
  assert.equal((await ask(ME, before.access)).status, 200);
  const removeKey = await addKey();
  try {
    const { access_token: next } = await refresh(MOBILE, before.refresh);
    assert.notEqual(keyId(next), keyId(before.access));
    assert.equal((await ask(ME, next)).status, 200);
    assert.equal((await ask(ME, before.access)).status, 200);
  } finally {
    await removeKey();
  }
});
