//! What the table says of itself.

pub(super) const LEGEND: &str = "\
What every operation answers every caller who asks about one patient's record.

A digit is 200 with so many records of that patient in it, or so many of two delegations of the
owner's, # more than nine; + is 200 with neither, a letter is a refusal. The record holds one of
each kind, and two problems (one of them about mental health), two immunizations (one of them
labelled R) and two reports (the laboratory's and radiology's). The delegations are one to `another
patient`, in force, and one to `former proxy`, which is over.

OWN     what is the caller's own, under /v1/portal
        reg snd ver = POST registrations, registrations/resend, registrations/verify
        acc dec = POST proxy-delegations/accept, proxy-delegations/decline
        me upd = GET, PATCH me; log = GET me/access-log
        prf set = GET, PUT me/notification-preferences
        app end = GET me/apps, DELETE me/apps/{clientId}
        lst inv = GET, POST proxy-delegations; one = GET proxy-delegations/{the one in force}
        cnf = POST proxy-delegations/{the one in force}/confirm
        rvk = POST proxy-delegations/{the one that is over}/revoke
RECORD  a record, under /v1/portal: sum = chart/summary, all med vit imm pro = chart/allergies,
        medications, vitals, immunizations, problems; doc tml = chart/documents, timeline
        cnt = documents/{id}/content
        lbs = results/labs, trd = results/labs/trends, lab = results/labs/{id}
        rds = results/radiology, rad = results/radiology/{id}, rxs = medications, cov = coverage
        ebs = eob, eob = eob/{id}, dem = demographics, aps = appointments, apt = appointments/{id}
        ics = appointments/{id}/calendar, avl = appointments/availability (of a year that is over),
        prv = providers, sts stm = billing/statements, billing/statements/{id}
        msg thr = messages, messages/{threadId}
FHIR    read and search of Patient, AllergyIntolerance, MedicationRequest, Observation (the read
        is of the laboratory's), DiagnosticReport (likewise), Immunization, Condition, ImagingStudy,
        MedicationDispense, Appointment, Coverage, ExplanationOfBenefit, Communication,
        DocumentReference, Encounter, Procedure, CarePlan, CareTeam, Goal, ServiceRequest, Specimen,
        Device, QuestionnaireResponse, Provenance, AuditEvent (the read is of an event of the
        owner's), Consent and RelatedPerson (of the delegation in force); read alone of Binary (Bin), Medication (Kin, by a
        MedicationDispense), Practitioner (Who), PractitionerRole, Organization, Location

Nothing is changed by asking, and tokens may write unless their name says otherwise. `v` means:
allowed, and only then refused, because a list is sent where an object belongs. `cnf` and `rvk` ask
for what was done long ago: `o` means that the delegation is theirs to confirm or to end, `n` that
they may ask, but for them it is not there.
";

pub(super) const WHY: &str = "\
Why some cells are as they are
- `me` is open to every account that a person holds, whatever its state, so that a client can say
  why nothing else is. It names nobody whose record is not open.
- Registrations, accepting and declining are open to who has no account: they need `openid profile`
  and no scope of a record, but the second factor and a licensed tenant like everything else. Who is
  suspended is refused behind the code.
- An account without a record has settings, apps and delegations of its own; it invites and confirms
  nobody, for there is no record to open.
- Apps are listed for who may end them, so that the list asks for the scope to write.
- An invitation needs a login of the last ten minutes at a level that the provider names (`acr`): a
  second factor that only `amr` tells opens everything else. Its token is asked of the provider:
  one that ended there does not invite, though it still reads.
- Acting for somebody is never for what is the caller's own, `me` apart: 403 before the delegation is
  looked at. A proxy never creates proxies.
- A delegation is shown to who grants it and who holds it. The grantor alone confirms, both end it.
- Who acts for nobody reads their own `me`, log and lists: another's id in the path is 404 as if
  it were absent, in a FHIR search 403 for every id that is not theirs, existing or not.
  `Patient?_id=` of another is an empty Bundle, as for an id that nobody has.
- Providers are for who books for themselves: the specification lets no proxy ask for them.
- Cover, explanations of benefit, statements and messages belong to sub-features: a tenant that has licensed the
  portal alone has none of them, and its timeline says so.
- A third party's token is refused on REST for what it is before anybody is asked about it.
- A tenant claim that is no tenant's id agrees with nothing; in another tenant there is no account
  of this identity, so that it may register there.
- Closing forgets the identity, so that there is no account; a caregiver has one without a record.
- With laboratory results alone in scope, vital signs are an empty list and not refused: the scope
  opens Observation. Labs show one: the report needs a scope of its own.
- Who acts for somebody needs an active account of their own, for `me` too; the grantor's may be
  pending, and need not be there.
- X-Acting-For is a parameter that FHIR does not know, whatever it names.
- Every delegation opens `me` and the Patient, of which voluntary and limited proxies see the name,
  birth date and gender. `summary` opens its parts on chart/summary alone; no right opens two
  types, but labs opens results and their reports.
- Rights of services (refills, export, apps ...) open no records; appointments.manage opens what it
  manages. Communications are open to no proxy: they do not tell whose thread they are of.
- Who looked, and what else was granted, is the patient's alone to know: no proxy sees AuditEvents and
  Consents, and an app of a third party has to ask for them by name. Of RelatedPersons a proxy sees
  the one that they are.
- Orders, devices and answers to questionnaires are open to who acts by law with full access alone.
- An Observation search shows what a right names: vitals one, labs the other.
- A web or mobile token that ended at the provider alone is good until the portal's own list has
  it or it expires, unless the tenant has its tokens introspected.
- Bands of this tenant: full below 12, from 12 allergies, immunizations and labs without what is
  sensitive, from 16 nothing, 18 is of age.
";

/// Status and code of each letter. A refusal that is not here fails the test: give it a letter.
pub(super) const REFUSALS: [(char, &str); 20] = [
    ('u', "401 UNAUTHENTICATED"),
    ('e', "401 TOKEN_EXPIRED"),
    ('r', "401 TOKEN_REVOKED"),
    ('S', "401 STEP_UP_REQUIRED"),
    ('c', "403 CLIENT_NOT_ALLOWED"),
    ('t', "403 TENANT_CLAIM_REQUIRED"),
    ('T', "403 TENANT_MISMATCH"),
    ('l', "403 MODULE_NOT_LICENSED"),
    ('f', "403 FEATURE_NOT_ENABLED"),
    ('m', "403 MFA_REQUIRED"),
    ('k', "403 ACCOUNT_NOT_LINKED"),
    ('a', "403 ACCOUNT_NOT_ACTIVE"),
    ('p', "403 PATIENT_CLAIM_REQUIRED"),
    ('d', "403 PROXY_DELEGATION_INVALID"),
    ('x', "403 PROXY_SCOPE_DENIED"),
    ('s', "403 INSUFFICIENT_SCOPE"),
    ('n', "404 NOT_FOUND"),
    ('q', "400 UNKNOWN_PARAMETER"),
    ('v', "422 VALIDATION_FAILED"),
    ('o', "409 STATE_CONFLICT"),
];

/// The status and code of a letter.
pub(super) fn refusal(letter: char) -> Option<&'static str> {
    let known = REFUSALS.iter().find(|(known, _)| *known == letter);
    known.map(|(_, refusal)| *refusal)
}
