// Where everything is, as dev/e2e says.

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these scenes are run by dev/e2e`);
  return value;
}

export const PORTAL = setting('PORTAL_URL');
/** Where the sandbox's switches are. */
export const SANDBOX = setting('SANDBOX_URL');
export const FHIR_AUDIENCE = setting('FHIR_AUDIENCE');
export const REALM = setting('KEYCLOAK_REALM_URL');
export const CHROMIUM = setting('CHROMIUM');
/** A client of the master realm that may do everything. */
export const OPERATOR = { id: setting('OPERATOR_CLIENT_ID'), secret: setting('OPERATOR_CLIENT_SECRET') };
