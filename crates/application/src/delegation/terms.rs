//! What a patient asks for who invites somebody.

use jiff::civil::Date;
use portal_domain::document::Members;
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationTerms, RelationshipType, RightSet,
};
use portal_domain::sensitivity::{SensitivityCategory, SensitivitySet};
use serde_json::Value;

use crate::ports::{ContactAddress, ContactChannel};

const ADDRESS: &str = "expected an e-mail address, or a telephone number such as +93700123456";
const DATE: &str = "expected a date such as 2026-03-21";
const RELATIONSHIP: &str = "expected caregiver, spouse or authorized_representative";
const RIGHT: &str = "expected a right, such as labs or appointments.view";
const CATEGORY: &str = "expected a sensitive category, such as mental-health";

/// Whom, and what for.
pub(crate) struct InvitationTerms {
    pub(crate) channel: ContactChannel,
    pub(crate) address: ContactAddress,
    pub(crate) terms: DelegationTerms,
}

/// Reads `{invitee: {channel, address}, relationshipType, scope[], sensitive[], validFrom,
/// validTo?}`; what a patient cannot grant is a fault of its member.
pub(super) fn read(members: &mut Members<'_, '_>, today: Date) -> Option<InvitationTerms> {
    let invitee = read_invitee(members);
    let relationship = members.text("relationshipType", RELATIONSHIP, |text| {
        RelationshipType::parse(text).filter(|kind| !kind.is_legal())
    });
    let scope = members.texts("scope", RIGHT, DelegationRight::parse);
    if scope.as_ref().is_some_and(Vec::is_empty) {
        members.fault("scope", "expected at least one right");
    }
    let sensitive = members.texts("sensitive", CATEGORY, SensitivityCategory::parse);
    let valid_from = members.text("validFrom", DATE, |text| text.parse::<Date>().ok());
    let valid_to = members.optional("validTo", DATE, |value| {
        value.as_str().and_then(|text| text.parse::<Date>().ok())
    });
    if valid_to.is_some_and(|last| last < today || valid_from.is_some_and(|first| last < first)) {
        members.fault(
            "validTo",
            "expected a day that is neither past nor before validFrom",
        );
    }
    let (channel, address) = invitee?;
    Some(InvitationTerms {
        channel,
        address,
        terms: DelegationTerms {
            relationship: relationship?,
            scope: RightSet::of(scope?),
            sensitive: SensitivitySet::of(sensitive?),
            valid_from: valid_from?,
            valid_to,
        },
    })
}

fn read_invitee(members: &mut Members<'_, '_>) -> Option<(ContactChannel, ContactAddress)> {
    let value = members.required("invitee", "expected an object", |value: &Value| {
        value.as_object().map(|_| value.clone())
    })?;
    let (place, faults) = members.below("invitee");
    let mut invitee = Members::of(&value, &place, faults);
    let channel = invitee.text("channel", "expected email or phone", ContactChannel::parse);
    let address = invitee.text("address", ADDRESS, |text| Some(text.to_owned()));
    if let (Some(channel), Some(address)) = (channel, &address)
        && !is_address(channel, address)
    {
        invitee.fault("address", ADDRESS);
    }
    invitee.finish();
    Some((channel?, ContactAddress::new(&address?)))
}

/// Whether a text can be an address of a channel at all (RFC 5321 4.5.3.1; ITU-T E.164).
fn is_address(channel: ContactChannel, text: &str) -> bool {
    match channel {
        ContactChannel::Email => text.split_once('@').is_some_and(|(local, domain)| {
            let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
            (1..=64).contains(&local.len())
                && (3..=189).contains(&domain.len())
                && domain.contains('.')
                && !domain.contains('@')
                && plain
        }),
        ContactChannel::Phone => text.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_what_their_channel_can_reach() {
        for good in ["ada@example.org", "a.b+c@mail.example.af"] {
            assert!(is_address(ContactChannel::Email, good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "a@b@c.d",
            "a@b\n.c",
        ] {
            assert!(!is_address(ContactChannel::Email, bad), "{bad}");
        }
        assert!(is_address(ContactChannel::Phone, "+93700123456"));
        for bad in ["", "+", "0700123456", "+93 700", "+12345678901234567"] {
            assert!(!is_address(ContactChannel::Phone, bad), "{bad}");
        }
    }
}
