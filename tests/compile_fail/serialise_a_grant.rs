// E0277: a grant cannot be stored and found again.
use portal_domain::access::PatientGrant;

fn stores<T: serde::Serialize>() {}

fn main() {
    stores::<PatientGrant>();
}
