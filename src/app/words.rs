//! Sentences for the user.
