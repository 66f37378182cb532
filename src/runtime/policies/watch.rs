//! Told when policies change, so that they are in force at once.

use std::path::PathBuf;

use super::Sources;

/// Rings when something in the folders of policies changes, or one of the files that are named.
#[derive(Debug)]
pub struct Watch {
    bell: Option<bell::Bell>,
}

impl Watch {
    /// Watches the places of these sources. Needs a tokio runtime around it.
    #[must_use]
    pub fn over(sources: &Sources) -> Self {
        let mut places: Vec<PathBuf> = sources.folders().into_iter().map(|(folder, _)| folder).collect();
        // A folder may be made later, in one that is there.
        if sources.instead.is_none() {
            places.extend([sources.folder.clone()]);
            places.extend(sources.folder.parent().map(PathBuf::from));
        }
        places.extend(sources.named.iter().filter_map(|file| file.parent()).map(PathBuf::from));
        places.sort();
        places.dedup();
        Self { bell: bell::Bell::hang(places) }
    }

    /// Nothing is watched.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { bell: None }
    }

    /// Waits for a change; for ever where nothing tells. Safe to drop at any time.
    pub async fn changed(&mut self) {
        bell::Bell::ring(&mut self.bell).await;
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

    /// inotify(7); for tokio a pipe.
    #[derive(Debug)]
    pub(super) struct Bell {
        events: Receiver,
        places: Vec<PathBuf>,
    }

    impl Bell {
        pub(super) fn hang(places: Vec<PathBuf>) -> Option<Self> {
            let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
            let bell = Self { events: Receiver::from_owned_fd_unchecked(events).ok()?, places };
            bell.watch();
            Some(bell)
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
            for place in &self.places {
                // A folder that is not there is looked for again at the next change of the one above.
                let _ = inotify::add_watch(&self.events, place, flags);
            }
        }

        pub(super) async fn ring(bell: &mut Option<Self>) {
            let Some(hung) = bell else { return std::future::pending().await };
            if hung.events.readable().await.is_err() {
                *bell = None;
                return std::future::pending().await;
            }
            tokio::time::sleep(SETTLING).await;
            let mut buffer = [0; 4096];
            while hung.events.try_read(&mut buffer).is_ok_and(|read| read > 0) {}
            hung.watch();
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
        pub(super) fn hang(_: Vec<PathBuf>) -> Option<Self> {
            Some(Self)
        }

        pub(super) async fn ring(_: &mut Option<Self>) {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
}
