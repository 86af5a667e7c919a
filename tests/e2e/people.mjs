// Prints import lines for the people of a realm file, and the tenants that they belong to:
//
//   node people.mjs REALM.json ISSUER REGION
import { readFileSync } from 'node:fs';

const [file, issuer, region] = process.argv.slice(2);
const realm = JSON.parse(readFileSync(file, 'utf8'));
const people = realm.users.filter(({ attributes }) => attributes?.tid);
const print = (line) => console.log(JSON.stringify(line));

// Tenants that say nothing of introspection trust the portal's own clients until tokens expire.
const INTROSPECTING = 'other';

function tenant(id) {
  const own = { id, name: `Tenant ${id}`, region, introspectTokens: id === INTROSPECTING };
  return { ...own, timeZone: 'Asia/Kabul', locale: 'en', calendar: 'gregory', currency: 'AFN' };
}

function account({ id, username, attributes }) {
  if (!attributes.patient) throw new Error(`${username} has no record`);
  const bound = { issuer, subject: id, patientId: attributes.patient[0] };
  return { tenantId: attributes.tid[0], kind: 'patient', status: 'active', ...bound };
}

for (const id of new Set(people.map(({ attributes }) => attributes.tid[0]))) print({ tenant: tenant(id) });
for (const person of people) print({ account: account(person) });
