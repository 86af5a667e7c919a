// Has two validators judge what was served, and fails for every finding that the records themselves
// do not have. Arguments: the folder with NAME.served.ndjson, NAME.sources.ndjson and, of each, what
// HAPI found (FILE.hapi); and the names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fhir from 'fhir';

const [folder, ...names] = process.argv.slice(2);
const SERIOUS = ['fatal', 'error', 'warning'];
// Of each kind of finding, so many places are shown.
const EXAMPLES = 2;

// What is said of the portal's own resources and is no fault of theirs.
const OF_OWN = [
  // Neither validator has these code systems, and the portal's own codes are its own.
  /CodeSystem (is unknown and can't be validated|could not be found): (http:\/\/loinc\.org|http:\/\/hl7\.org\/fhir\/uv\/ips\/|urn:ghasi-ehealth:)/,
  /Code ".*" \((http:\/\/loinc\.org|http:\/\/hl7\.org\/fhir\/uv\/ips\/.*|urn:ghasi-ehealth:.*)\) not found in value set/,
  /The Coding provided \((urn:ghasi-ehealth:|https:\/\/profiles\.ihe\.net\/ITI\/BALP\/).*\) was not found in the value set/,
  /CodeSystem is unknown and can't be validated: https:\/\/profiles\.ihe\.net\/ITI\/BALP\//,
  /Code ".*" \(https:\/\/profiles\.ihe\.net\/ITI\/BALP\/.*\) not found in value set/,
  // npm `fhir` has not the value set of relationships, which HAPI finds them in.
  /Code ".*" \(http:\/\/terminology\.hl7\.org\/CodeSystem\/v3-Role(Code|Class)\) not found in value set/,
  // A recommendation: the portal writes no narrative but in documents.
  /dom-6: 'A resource should have narrative/,
];
// What is said where a reference leads nowhere here: it says why it is absent instead.
const OF_ABSENT = /A Reference without an actual reference or identifier should have a display/;

const lines = (file) => readFileSync(join(folder, file), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const parts = (resource) => (resource.resourceType === 'Bundle' ? (resource.entry ?? []).map((entry) => entry.resource) : [resource]);

// A finding within a Bundle as one of the part that it is in.
function located({ severity, path, message }) {
  const [, part, rest] = /^Bundle\.entry\[(\d+)\]\.resource(?:\/\*.*?\*\/)?(.*)$/.exec(path) ?? [];
  return part === undefined ? { severity, path, message } : { severity, path: rest, message, part: Number(part) };
}

const npm = new fhir.Fhir();

function findingsOfNpm(resource, part) {
  const { messages } = npm.validate(resource);
  return messages.map(({ severity, location, message }) => ({ severity: severity.toLowerCase(), path: location ?? '', message, part }));
}

// It does not say in which entry of a Bundle something is, so that each is asked about by itself.
function judgedByNpm({ resource }) {
  if (resource.resourceType !== 'Bundle') return findingsOfNpm(resource);
  const without = ({ resource: _, ...entry }) => entry;
  const shell = resource.entry ? { ...resource, entry: resource.entry.map(without) } : resource;
  return [...findingsOfNpm(shell), ...parts(resource).flatMap(findingsOfNpm)];
}

const validators = {
  'HAPI FhirValidator': (file) => lines(`${file}.hapi`).map((findings) => findings.map(located)),
  'npm fhir': (file) => lines(file).map(judgedByNpm),
};

// What is said alike of the same element wherever it stands and whatever its ids are.
function alike({ path, message }) {
  const plain = (text) => text.replace(/\/\*.*?\*\//g, '').replace(/\[\d+\]/g, '');
  const element = plain(path).replace(/^[A-Z]\w*/, '').replace(/^\./, '');
  const text = plain(message)
    .replace(/Bundle\.entry\.resource/g, 'Resource')
    .replace(/\b[A-Z][A-Za-z]+\/[A-Za-z0-9.\-_]+/g, 'Type/*');
  return `${element}: ${text}`;
}

function accepted({ message }, origin, resource) {
  if (!origin) return OF_OWN.some((pattern) => pattern.test(message));
  return OF_ABSENT.test(message) && JSON.stringify(resource).includes('/data-absent-reason');
}

function knownFindings(name, validate) {
  const file = `${name}.sources.ndjson`;
  const findings = validate(file);
  return new Map(lines(file).map(({ origin }, index) => [origin, new Set(findings[index].map(alike))]));
}

// The findings that the records do not have, by kind.
function newFindings(known, served, findings) {
  const kinds = new Map();
  served.forEach(({ from, origins, resource }, index) => {
    for (const finding of findings[index].filter(({ severity }) => SERIOUS.includes(severity))) {
      const whole = resource.resourceType !== 'Bundle';
      const part = whole ? 0 : finding.part;
      const origin = origins[part];
      const judged = part === undefined ? resource : parts(resource)[part];
      if (known.get(origin)?.has(alike(finding)) || accepted(finding, origin, judged)) continue;
      const type = judged.resourceType;
      const kind = `${finding.severity} ${type} ${alike(finding)}`;
      kinds.set(kind, [...(kinds.get(kind) ?? []), `${from} ${finding.path}`]);
    }
  });
  return kinds;
}

function judge(name, validator) {
  const validate = validators[validator];
  const served = lines(`${name}.served.ndjson`);
  const findings = validate(`${name}.served.ndjson`);
  const kinds = newFindings(knownFindings(name, validate), served, findings);
  const resources = served.reduce((sum, { origins }) => sum + origins.length, 0);
  console.log(`${name}, ${validator}: ${resources} resources in ${served.length} answers, ${findings.flat().length} findings, of ${kinds.size} kinds that the records do not have`);
  for (const [kind, places] of kinds) {
    console.log(`  ${kind}, ${places.length} times:\n    ${places.slice(0, EXAMPLES).join('\n    ')}`);
  }
  return kinds.size;
}

let failures = 0;
for (const name of names) {
  for (const validator of Object.keys(validators)) failures += judge(name, validator);
}
process.exitCode = failures || !names.length ? 1 : 0;
