//! What people are told about, and by what channels.

mod preferences;

use crate::words::words;

pub use preferences::{Preferences, QuietHours};

words! {
    /// What a notice is about.
    NotificationCategory,
    /// A set of categories.
    CategorySet(u8),
    {
        /// Appointments.
        Appointments = "appointments",
        /// Results.
        Results = "results",
        /// Messages.
        Messages = "messages",
        /// The account itself, its delegations included.
        Account = "account",
    }
}

words! {
    /// How a notice reaches somebody.
    NotificationChannel,
    /// A set of channels.
    ChannelSet(u8),
    {
        /// The app.
        Push = "push",
        /// E-mail.
        Email = "email",
        /// Text message.
        Sms = "sms",
    }
}
