//! A scripted backend for tests and screenshots.
