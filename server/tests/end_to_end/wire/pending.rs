//! Cases that are not right yet, one a line. The tests fail when a case in this list has become right: take it out then.

#[rustfmt::skip]
pub(super) const PENDING: &[&str] = &[
];
