// E0624: the bytes of a released record stay closed.
use portal_domain::disclosure::ReleasedRecord;

fn open(record: &ReleasedRecord) -> &[u8] {
    &record.record().bytes
}

fn main() {}
