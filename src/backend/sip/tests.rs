//! The account against a server made of text: every byte that leaves and every event is looked at.

mod golden;
mod messages;
mod presence;
mod sign_in;
mod world;
