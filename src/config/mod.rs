//! Settings: the file as typed, layers over it, and the resolved result.
//!
//! [`keys`] is the one table of everything that can be set; the example file, the checks and the
//! defaults all come from it. Reading never stops at the first mistake: problems are collected
//! with file, line and column, and only errors (not warnings) keep the settings from being used.

mod edit;
mod enforce;
mod example;
pub mod keys;
mod layers;
mod looks;
mod notify;
mod paths;
mod policies;
mod problem;
mod raw;
mod resolve;
mod resolved;
mod survey;

pub use edit::{edit, typed};
pub use example::example;
pub use layers::{Layer, Layers, Origin};
pub use looks::{Attributes, Ink, LooksFile, Paint, Role};
pub use notify::{NotifySettings, Show, Via};
pub use paths::{GivenPaths, NoHome, Paths, expand_home, shown_place};
pub use policies::named_policies;
pub use problem::{Problem, Severity};
pub use raw::{Binding, Place, RawAccount, RawFile, Setting, Value};
pub use resolve::{FileRead, Loaded, Overrides, load, parse_server, resolve};
pub use resolved::{
    AccountSettings, AuthChoice, ClientFiles, ControlSettings, FileSettings, IdleSettings, KeySet, LogSettings, MarksChoice,
    MessageSettings, PasswordSource, PicturesChoice, Resolved, Scanner, ServerChoice, Timing, TransportChoice, UiSettings,
};
pub use survey::SettingRow;

#[cfg(test)]
mod tests;
