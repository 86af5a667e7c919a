//! Loading, filtering and paging of records: cache → source → owned → released.

mod calendar;
mod content;
mod directory;
mod flight;
mod labs;
mod list;
mod load;
mod paging;
mod places;
mod provenance;
mod providers;
mod reach;
mod read;
mod reading;
mod rules;
mod search;
mod section;
mod summary;
mod trends;

pub(crate) use calendar::AppointmentCalendar;
pub(crate) use content::{ReadBinary, ReadDocument};
pub(crate) use labs::{Lab, Labs};
pub use list::{DISPENSES, RECORDS, RecordList};
pub(crate) use list::{ListAbout, ListPage, ListedOne};
pub(crate) use load::{LoadContext, Loader};
pub(crate) use providers::Providers;
pub use providers::{LOCATIONS, ORGANIZATIONS, PRACTITIONERS, PROVIDERS};
pub use reach::INCLUDED;
pub(crate) use read::ReadOne;
pub(crate) use reading::Reading;
pub use rules::{RecordRules, SourceRules};
pub(crate) use search::{PageAbout, Search};
pub use section::Section;
pub(crate) use section::SectionPage;
pub(crate) use summary::Summary;
pub(crate) use trends::LabTrends;
