// Prints the patient realm with what demo.json adds, as one file that Keycloak can import:
//
//   node with-demo.mjs [PEOPLE.json] > realm.json
//
// PEOPLE.json says which records there are: a list of {subject, patientId} in its member `people`.
// Who has the username of such a subject gets that record.
import { readFileSync } from 'node:fs';

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const besideThis = (name) => read(new URL(name, import.meta.url));

// Lists of the demo file add to those of the realm; what the realm has already is changed.
function mergeLists(known, added, key) {
  const changed = known.map((item) => ({ ...item, ...added.find((other) => other[key] === item[key]) }));
  const isNew = (item) => !known.some((other) => other[key] === item[key]);
  return [...changed, ...added.filter(isNew)];
}

function withRecords(users, people) {
  return users.map((user) => {
    const person = people.find(({ subject }) => subject === user.username);
    return person ? { ...user, attributes: { ...user.attributes, patient: [person.patientId] } } : user;
  });
}

const realm = besideThis('patient-realm.json');
const demo = besideThis('demo.json');
const people = process.argv[2] ? read(process.argv[2]).people : [];
const merged = {
  ...realm,
  ...demo,
  clients: mergeLists(realm.clients, demo.clients, 'clientId'),
  users: [...realm.users, ...withRecords(demo.users, people)],
};
console.log(JSON.stringify(merged, null, 2));
