// The portal's operations, taken from what it says about itself, so that none is forgotten here.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from './http.mjs';
import { PORTAL } from './settings.mjs';

const document = JSON.parse(readFileSync(new URL('../../../openapi/portal.v1.json', import.meta.url), 'utf8'));

/** Operations that need a fresh second factor, as `METHOD path`. */
export const STEP_UP = ['POST /v1/portal/proxy-delegations'];

const NO_RECORD = 'none';

function restOperations() {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({ method: method.toUpperCase(), path, security })),
  );
  const guarded = all.filter(({ security }) => security?.length > 0);
  return guarded.map(({ method, path }) => `${method} ${path.replace(/\{[^}]*\}/g, NO_RECORD)}`);
}

async function fhirResources() {
  const { body } = await request(`${PORTAL}/fhir/R4/metadata`);
  return body.rest[0].resource;
}

/** The FHIR types that are served by scopes of their own: a Binary by those of what names it. */
export async function fhirTypes() {
  const types = (await fhirResources()).map(({ type }) => type);
  return types.filter((type) => type !== 'Binary');
}

function fhirOperations({ type, interaction }) {
  const searches = interaction.some(({ code }) => code === 'search-type');
  const search = [`GET /fhir/R4/${type}`, `POST /fhir/R4/${type}/_search`];
  return [...(searches ? search : []), `GET /fhir/R4/${type}/${NO_RECORD}`];
}

/** Every operation that needs a token, as `METHOD path`. */
export async function operations() {
  const fhir = await fhirResources();
  return [...restOperations(), ...fhir.flatMap(fhirOperations)];
}

function bodyOf(method, path) {
  if (method === 'GET' || method === 'DELETE') return {};
  if (path.endsWith('/_search')) return { body: new URLSearchParams() };
  return { body: '{}', headers: { 'content-type': 'application/json' } };
}

async function answerOf(operation, token, { body, headers }) {
  const [method, path] = operation.split(' ');
  const bearer = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await request(PORTAL + path, { method, body, headers: { ...headers, ...bearer } });
  const code = answer.body?.code ?? answer.body?.issue?.[0]?.details?.coding?.[0]?.code;
  return { status: answer.status, code, body: answer.body };
}

/** What the portal answers: the status, the code of a refusal, the body. */
export const ask = (operation, token) => answerOf(operation, token, bodyOf(...operation.split(' ')));

/** What it answers to a change, under a key of its own. */
export function change(operation, token, body) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  return answerOf(operation, token, { headers, body: JSON.stringify(body) });
}

/** What each operation answers, as `operation: status code`. */
export async function askAll(all, token) {
  const answers = [];
  for (const operation of all) {
    const { status, code } = await ask(operation, token);
    answers.push(`${operation}: ${status}${code ? ` ${code}` : ''}`);
  }
  return answers;
}
