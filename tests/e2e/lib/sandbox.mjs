// The sandbox beside the portal: who has a record and no account, and what was sent to people.
import { request, within } from './http.mjs';
import { SANDBOX } from './settings.mjs';

const PATIENCE_MS = 10_000;

/** Somebody of a tenant who has a record and no account. */
export async function registrant(tenant) {
  const { body } = await request(`${SANDBOX}/_admin/registrants`);
  return body.find((one) => one.tenant === tenant);
}

/** The newest link or code that was sent to an address. Waits for it. */
export async function sent(address) {
  const url = `${SANDBOX}/_admin/notifications?address=${encodeURIComponent(address)}`;
  const found = await within(PATIENCE_MS, async () => (await request(url)).body.at(-1));
  if (!found) throw new Error('nothing was sent');
  return found.secret;
}
