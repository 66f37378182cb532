//! The doors to the street.
