//! Each running part says where it runs and which version of the program it is, so that an upgrade can name what still
//! has to be stopped.

crate::columns::statements! {
    "ALTER TABLE nodes ADD COLUMN host TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE nodes ADD COLUMN pid BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE nodes ADD COLUMN login TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE nodes ADD COLUMN version TEXT NOT NULL DEFAULT ''",
}
