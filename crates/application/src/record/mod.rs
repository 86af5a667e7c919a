//! Loading, filtering and paging of records: cache → source → owned → released.

mod content;
mod find;
mod flight;
mod gather;
mod labs;
mod link;
mod list;
mod load;
mod matches;
mod paging;
mod provenance;
mod reach;
mod read;
mod reading;
mod rules;
mod search;
mod section;
mod summary;
mod trends;

pub(crate) use content::{ReadBinary, ReadDocument};
pub(crate) use labs::{Lab, Labs};
pub use link::PatientNames;
pub use list::{DISPENSES, RECORDS, RecordList};
pub(crate) use list::{ListAbout, ListPage, ListedOne};
pub(crate) use load::{LoadContext, Loader};
pub use reach::INCLUDED;
pub(crate) use read::ReadOne;
pub(crate) use reading::Reading;
pub use rules::{RecordRules, SourceRules};
pub(crate) use search::{PageAbout, Search};
pub use section::Section;
pub(crate) use section::SectionPage;
pub(crate) use summary::Summary;
pub(crate) use trends::LabTrends;
