//! The head that is kept beside the key, when it is gone, is no head, or is ahead of the log.

use crate::app::audit::seal_audit::{self, HeadFile, look_at_head};
use crate::app::audit::verify_audit::{self, Verified, Why};
use crate::app::test::{World, grace, on_both, operator};
use crate::app::users::invite;
use crate::domain::explain::Explain as _;

async fn verified(world: &World) -> Verified {
    verify_audit::run(&world.app, &operator(), None).await.unwrap()
}

#[tokio::test]
async fn a_head_that_is_gone_is_told_until_the_next_seal_writes_it_again() {
    on_both(async |world| {
        assert_eq!(look_at_head(&world.app).await.unwrap(), HeadFile::Nothing);
        seal_audit::run(&world.app).await.unwrap();
        assert_eq!(look_at_head(&world.app).await.unwrap(), HeadFile::Contained);
        assert_eq!(verified(world).await.head_file, HeadFile::Contained);
        std::fs::remove_file(world.app.head_file()).unwrap();
        assert_eq!(look_at_head(&world.app).await.unwrap(), HeadFile::Missing);
        let found = verified(world).await;
        assert_eq!((found.head_file, found.broken), (HeadFile::Missing, None));
        invite::run(&world.app, &operator(), grace()).await.unwrap();
        seal_audit::run(&world.app).await.unwrap();
        assert_eq!(look_at_head(&world.app).await.unwrap(), HeadFile::Contained);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_head_stops_sealing_and_is_told() {
    on_both(async |world| {
        seal_audit::run(&world.app).await.unwrap();
        for garbage in ["", "nonsense\n"] {
            std::fs::write(world.app.head_file(), garbage).unwrap();
            assert_eq!(look_at_head(&world.app).await.unwrap_err().code(), "audit_head");
            let refused = seal_audit::run(&world.app).await.unwrap_err();
            assert_eq!(refused.code(), "audit_head");
            assert!(refused.hint().unwrap().contains("rsvp.key.head"));
            let found = verified(world).await;
            assert_eq!(found.broken.unwrap().why, Why::HeadUnusable);
            assert_eq!(std::fs::read_to_string(world.app.head_file()).unwrap(), garbage, "evidence stays");
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_far_ahead_of_the_log_is_told_wherever_somebody_looks() {
    on_both(async |world| {
        seal_audit::run(&world.app).await.unwrap();
        std::fs::write(world.app.head_file(), format!("9999999 \"{}\"\n", "07".repeat(32))).unwrap();
        assert_eq!(look_at_head(&world.app).await.unwrap_err().code(), "audit_cut");
        assert_eq!(seal_audit::run(&world.app).await.unwrap_err().code(), "audit_cut");
        assert_eq!(verified(world).await.broken.unwrap().why, Why::HeadMissing);
    })
    .await;
}
