// E0277: one event pays for one answer.
use portal_domain::audit::Receipt;

fn copies<T: Clone>() {}

fn main() {
    copies::<Receipt>();
}
