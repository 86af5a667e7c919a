// E0277: a grant ends with its request, so there is only one of it.
use portal_domain::access::PatientGrant;

fn copies<T: Clone>() {}

fn main() {
    copies::<PatientGrant>();
}
