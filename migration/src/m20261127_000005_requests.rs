//! Each request from "forgotten password" says who asked, as a keyed hash, and whether an email was sent for it, so that one
//! asker can be limited without limiting the owner of the address.

crate::columns::statements! {
    "ALTER TABLE requests ADD COLUMN asker TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE requests ADD COLUMN mailed_at BIGINT NULL",
}
