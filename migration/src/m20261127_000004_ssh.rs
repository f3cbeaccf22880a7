//! Whether an SSH key may stand for a user: the way in by key can be closed for one person, whatever lines the server's
//! administrator keeps.

crate::columns::statements! {
    "ALTER TABLE users ADD COLUMN ssh BOOLEAN NOT NULL DEFAULT TRUE"
}
