//! A link that replaces one which somebody was shown is issued in the inviter's name, and counts against the limit of
//! whoever made it necessary.

crate::columns::statements! {
    "ALTER TABLE links ADD COLUMN renewed_by BIGINT NULL",
    "CREATE INDEX links_renewed_by ON links (renewed_by, issued_at) WHERE renewed_by IS NOT NULL",
}
