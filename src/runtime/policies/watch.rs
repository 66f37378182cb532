//! Told when policies change, so that they are in force at once.

use std::path::PathBuf;

use super::Sources;

/// Rings when something in the folders of policies changes, or one of the files that are named.
#[derive(Debug)]
pub struct Watch {
    bell: bell::Bell,
}

impl Watch {
    /// Watches the places of these sources. Needs a tokio runtime around it.
    #[must_use]
    pub fn over(sources: &Sources) -> Self {
        // A folder of the machine may be made later, in one that is made later still.
        let of_machine = Sources { instead: None, ..sources.clone() };
        let folders = of_machine.folders().into_iter().map(|(folder, _)| folder);
        let all = folders.flat_map(|folder| folder.ancestors().map(PathBuf::from).collect::<Vec<_>>());
        let mut places: Vec<PathBuf> = all.filter(|place| place.parent().is_some()).collect();
        // In what lies above the others much happens that is no matter of ours.
        places.extend(sources.instead.clone());
        places.extend(sources.named.iter().filter_map(|file| file.parent()).map(PathBuf::from));
        places.sort();
        places.dedup();
        Self { bell: bell::Bell::hang(places) }
    }

    /// Waits for a change, or until it is time to look anyway. Safe to drop at any time.
    pub async fn changed(&mut self) {
        self.bell.ring().await;
    }
}

#[cfg(target_os = "linux")]
mod bell {
    use std::path::PathBuf;
    use std::time::Duration;

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use tokio::net::unix::pipe::Receiver;

    /// Changes come in groups: a file is made, written, and named.
    const SETTLING: Duration = Duration::from_millis(20);
    /// What no watch tells (another folder a link leads to, a system that gives no watches) is seen so late.
    const ANYWAY: Duration = Duration::from_mins(1);

    /// inotify(7); for tokio a pipe.
    #[derive(Debug)]
    pub(super) struct Bell {
        events: Option<Receiver>,
        places: Vec<PathBuf>,
    }

    impl Bell {
        pub(super) fn hang(places: Vec<PathBuf>) -> Self {
            let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC);
            let events = events.map_err(std::io::Error::from).and_then(Receiver::from_owned_fd_unchecked);
            let events =
                events.inspect_err(|fault| tracing::warn!(%fault, "changes of policies are seen within a minute only")).ok();
            let bell = Self { events, places };
            bell.watch();
            bell
        }

        /// What is watched already stays so; what was made meanwhile is from now on.
        fn watch(&self) {
            let flags = WatchFlags::CLOSE_WRITE
                | WatchFlags::CREATE
                | WatchFlags::MOVED_TO
                | WatchFlags::MOVED_FROM
                | WatchFlags::DELETE
                | WatchFlags::ATTRIB
                | WatchFlags::ONLYDIR;
            let Some(events) = &self.events else { return };
            for place in &self.places {
                // A folder that is not there is looked for again at the next change of the one above.
                let _ = inotify::add_watch(events, place, flags);
            }
        }

        pub(super) async fn ring(&mut self) {
            let Some(events) = &mut self.events else { return tokio::time::sleep(ANYWAY).await };
            let Ok(readable) = tokio::time::timeout(ANYWAY, events.readable()).await else { return };
            if readable.is_err() {
                self.events = None;
                return;
            }
            tokio::time::sleep(SETTLING).await;
            let mut buffer = [0; 4096];
            while events.try_read(&mut buffer).is_ok_and(|read| read > 0) {}
            self.watch();
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod bell {
    use std::path::PathBuf;
    use std::time::Duration;

    /// Nothing tells of changes here: they are looked for every minute.
    #[derive(Debug)]
    pub(super) struct Bell;

    impl Bell {
        pub(super) fn hang(_: Vec<PathBuf>) -> Self {
            Self
        }

        pub(super) async fn ring(&mut self) {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
    }
}
