//! One account: a network, its reconnecting and its outbox behind the same verbs.
