//! How much one person, or one address, may ask for.

use portal_infrastructure::redis::Quotas;

use super::parse;
use super::reader::Reader;
use super::setting::{Form, Setting};

pub(super) static RATE_LIMIT_ACCOUNT: Setting = Setting::new(
    "RATE_LIMIT_ACCOUNT",
    Form::Integer,
    "600",
    "What one account may spend: a read costs 1, an answer from several sources 5, a write 10, an \
     export 100. Further requests are answered 429 RATE_LIMITED.",
)
.unit("points a minute")
.default("600");
pub(super) static RATE_LIMIT_ADDRESS: Setting = Setting::new(
    "RATE_LIMIT_ADDRESS",
    Form::Integer,
    "3000",
    "What one client address may spend, or one /64 of IPv6. Behind a proxy that TRUSTED_PROXIES \
     does not name, all clients have the one address of the proxy.",
)
.unit("points a minute")
.default("3000");

pub(super) static SETTINGS: [&Setting; 2] = [&RATE_LIMIT_ACCOUNT, &RATE_LIMIT_ADDRESS];

pub(super) fn quotas(reader: &mut Reader<'_>) -> Option<Quotas> {
    let points = || parse::integer(1..=1_000_000_000, "points from 1 to 1000000000");
    let account = reader.read(&RATE_LIMIT_ACCOUNT, points());
    let address = reader.read(&RATE_LIMIT_ADDRESS, points());
    Some(Quotas {
        account: account?,
        address: address?,
    })
}
