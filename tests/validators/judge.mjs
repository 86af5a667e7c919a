// Has two validators judge what was served, and fails for every finding that the records themselves
// do not have. Arguments: the folder with NAME.served.ndjson, NAME.sources.ndjson and, of each, what
// HAPI found (FILE.hapi); and the names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fhir from 'fhir';

const [folder, ...names] = process.argv.slice(2);
// Each kind of finding is shown so many times.
const EXAMPLES = 2;
const SERIOUS = ['fatal', 'error', 'warning'];

const lines = (file) => readFileSync(join(folder, file), 'utf8').trim().split('\n').map((line) => JSON.parse(line));

const validators = {
  'HAPI FhirValidator': (file) => lines(`${file}.hapi`),
  'npm fhir': (file) => lines(file).map(({ resource }) => {
    const { messages } = new fhir.Fhir().validate(resource);
    return messages.map(({ severity, location, message }) => ({ severity: severity.toLowerCase(), path: location ?? '', message }));
  }),
};

// What is said alike of the same element wherever it stands and whatever its ids are.
function alike(path, message) {
  const element = path.replace(/\/\*.*?\*\//g, '').replace(/\[\d+\]/g, '').replace(/^[A-Z]\w*\.?/, '');
  const text = message
    .replace(/Bundle\.entry\[\d+\]\.resource(\/\*.*?\*\/)?/g, 'Resource')
    .replace(/\b[A-Z][A-Za-z]+\/[A-Za-z0-9.\-_]+/g, 'Type/*')
    .replace(/\[\d+\]/g, '');
  return `${element}: ${text}`;
}

// The part of a Bundle that a path leads to, and the rest of the path.
function within(path, origins) {
  const part = /^(?:Bundle\.)?entry\[(\d+)\]\.resource(.*)$/.exec(path);
  return part ? [origins[Number(part[1])], part[2].replace(/^\/\*.*?\*\//, '').replace(/^\./, 'Resource.')] : [undefined, path];
}

function knownFindings(name, validate) {
  const file = `${name}.sources.ndjson`;
  const findings = validate(file);
  return new Map(lines(file).map(({ origin }, index) => [
    origin,
    new Set(findings[index].map(({ path, message }) => alike(path, message))),
  ]));
}

function judge(name, validate) {
  const known = knownFindings(name, validate);
  const file = `${name}.served.ndjson`;
  const findings = validate(file);
  const served = lines(file);
  const news = new Map();
  served.forEach(({ from, origins, resource }, index) => {
    for (const { severity, path, message } of findings[index].filter((it) => SERIOUS.includes(it.severity))) {
      const single = resource.resourceType !== 'Bundle';
      const [origin, rest] = single ? [origins[0], path] : within(path, origins);
      const text = alike(rest, message);
      if (known.get(origin)?.has(text)) continue;
      const kind = `${severity} ${origin?.split('/')[0] ?? resource.resourceType} ${text}`;
      news.set(kind, [...(news.get(kind) ?? []), `${from} ${path}`]);
    }
  });
  const count = served.reduce((sum, { origins }) => sum + origins.length, 0);
  const total = findings.reduce((sum, found) => sum + found.length, 0);
  console.log(`  ${served.length} answers with ${count} resources, ${total} findings, ${news.size} kinds that the records do not have`);
  for (const [kind, places] of news) {
    console.log(`  ${kind} (${places.length} times)\n    ${places.slice(0, EXAMPLES).join('\n    ')}`);
  }
  return news.size;
}

let failures = 0;
for (const name of names) {
  for (const [validator, validate] of Object.entries(validators)) {
    console.log(`${name}, ${validator}:`);
    failures += judge(name, validate);
  }
}
process.exitCode = failures ? 1 : 0;
