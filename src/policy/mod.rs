//! What is allowed.
//!
//! Nothing leaves without [`Permitted`] and nothing enters the model without [`Admitted`]; only
//! [`gate`] can make either. Policies from files or the registry are not read yet: the gate
//! allows everything, and every caller already passes through it.

pub mod gate;

pub use gate::{Admitted, Denial, Permitted, Policy};
