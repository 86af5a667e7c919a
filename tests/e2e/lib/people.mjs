// The people of deploy/keycloak/demo.json, and their one-time codes.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

const demo = JSON.parse(readFileSync(new URL('../../../deploy/keycloak/demo.json', import.meta.url), 'utf8'));

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The bytes of a text in Base32 (RFC 4648 section 6). */
function fromBase32(text) {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** The code of now (RFC 6238, with the parameters of the realm). */
export function oneTimeCode(key) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = digest.at(-1) & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** Somebody of the demo file. */
export function person(username) {
  const user = demo.users.find((one) => one.username === username);
  const [password, otp] = user.credentials;
  const key = fromBase32(JSON.parse(otp.secretData).value);
  return { id: user.id, username, tenant: user.attributes.tid[0], password: password.value, key };
}

/** The secret of a client of the demo file. */
export const secretOf = (id) => demo.clients.find(({ clientId }) => clientId === id).secret;

/** Every client of the demo file. */
export const CLIENTS = demo.clients.map(({ clientId, secret }) => ({ id: clientId, secret }));
