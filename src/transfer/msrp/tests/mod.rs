//! Both machines: against the published exchange, each other, and whoever means no good.
