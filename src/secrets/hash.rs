//! Hashing passwords with Argon2id, off the threads that answer, and never more at once than there are permits.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::SecretsError;
use crate::domain::password::Password;

/// How expensive a hash is. The default is OWASP's first choice (ASVS 5.0, appendix C): 46 MiB, one pass, one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashParameters {
    /// Memory in KiB, 7,168 to 262,144.
    pub memory_kib: u32,
    /// Passes, 1 to 10.
    pub iterations: u32,
    /// Lanes, 1 to 4.
    pub parallelism: u32,
}

impl Default for HashParameters {
    fn default() -> Self {
        Self { memory_kib: 47_104, iterations: 1, parallelism: 1 }
    }
}

/// The most that a stored hash may ask for: a row that asks for more could stop the machine.
const MOST: HashParameters = HashParameters { memory_kib: 262_144, iterations: 10, parallelism: 4 };

pub struct Hasher {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// How many may wait for a permit before the next one is refused.
const WAITING: usize = 64;

impl Hasher {
    /// A hasher that runs at most `at_once` hashes.
    pub fn new(parameters: HashParameters, at_once: usize) -> Result<Self, SecretsError> {
        let params = Params::new(parameters.memory_kib, parameters.iterations, parameters.parallelism, None)
            .map_err(|e| SecretsError::Hash(e.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let permits = Arc::new(Semaphore::new(at_once.max(1)));
        Ok(Self { argon2, permits, waiting: Arc::new(Semaphore::new(WAITING)) })
    }

    /// Whether so many wait already that one more would wait too long.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.available_permits() == 0
    }

    /// Hashes a password with these 128 random bits as salt; the result names its parameters.
    pub async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<String, SecretsError> {
        let argon2 = self.argon2.clone();
        self.run(move || hash_with(&argon2, password.as_bytes(), &salt)).await?
    }

    /// Whether a password is the stored one. Without a stored one the typed one is hashed for nothing, so that it takes
    /// as long, and the answer is no.
    pub async fn verify(&self, password: Password, stored: Option<&str>) -> Result<bool, SecretsError> {
        let stored = stored.map(str::to_owned);
        let argon2 = self.argon2.clone();
        self.run(move || {
            let Some(stored) = stored else {
                return hash_with(&argon2, password.as_bytes(), &[0x5a; 16]).map(|_| false);
            };
            let hash = PasswordHash::new(&stored).map_err(|_| SecretsError::StoredHash)?;
            within_bounds(&hash)?;
            match argon2.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(HashError::PasswordInvalid) => Ok(false),
                // Nobody's password is wrong because the memory to check it is missing.
                Err(error) => Err(failed(&error)),
            }
        })
        .await?
    }

    /// Whether a stored hash was made with other parameters than these, so that it is made anew at the next sign-in.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        let Ok(hash) = PasswordHash::new(stored) else { return false };
        let Ok(params) = Params::try_from(&hash) else { return false };
        let ours = self.argon2.params();
        (params.m_cost(), params.t_cost(), params.p_cost()) != (ours.m_cost(), ours.t_cost(), ours.p_cost())
            || hash.version != Some(Version::V0x13.into())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, SecretsError> {
        let busy = || SecretsError::Hash("the program is stopping".to_owned());
        let _place = self.waiting.acquire().await.map_err(|_| busy())?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|e| SecretsError::Hash(e.to_string()))
    }
}

fn hash_with(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<String, SecretsError> {
    let hash: PasswordHash = argon2.hash_password_with_salt(password, salt).map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

fn failed(error: &HashError) -> SecretsError {
    if *error == HashError::OutOfMemory { SecretsError::OutOfMemory } else { SecretsError::Hash(error.to_string()) }
}

fn within_bounds(hash: &PasswordHash) -> Result<(), SecretsError> {
    let params = Params::try_from(hash).map_err(|_| SecretsError::StoredHash)?;
    let fits =
        params.m_cost() <= MOST.memory_kib && params.t_cost() <= MOST.iterations && params.p_cost() <= MOST.parallelism;
    if fits { Ok(()) } else { Err(SecretsError::StoredHash) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> Hasher {
        Hasher::new(HashParameters { memory_kib: 8, iterations: 1, parallelism: 1 }, 2).unwrap()
    }

    fn typed(text: &str) -> Password {
        Password::typed(text).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let hasher = quick();
        let stored = hasher.hash(typed("violet tractor sings"), [3; 16]).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(hasher.verify(typed("violet tractor sings"), Some(&stored)).await.unwrap());
        assert!(!hasher.verify(typed("violet tractor sing"), Some(&stored)).await.unwrap());
        assert!(!hasher.verify(typed("nobody"), None).await.unwrap());
    }

    #[tokio::test]
    async fn only_other_parameters_are_outdated() {
        let stored = quick().hash(typed("x"), [3; 16]).await.unwrap();
        assert!(!quick().is_outdated(&stored));
        for (memory_kib, iterations, parallelism) in [(16, 1, 1), (8, 2, 1), (16, 1, 2)] {
            let other = Hasher::new(HashParameters { memory_kib, iterations, parallelism }, 1).unwrap();
            assert!(other.is_outdated(&stored), "{memory_kib} {iterations} {parallelism}");
        }
        assert!(quick().is_outdated(&stored.replace("v=19", "v=16")), "an older version");
        assert!(!quick().is_outdated("no hash at all"));
    }

    #[test]
    fn the_hash_is_the_one_of_the_standard() {
        // RFC 9106, 5.3: the test vector of Argon2id.
        let data = argon2::AssociatedData::new(&[4; 12]).unwrap();
        let params =
            argon2::ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(data).output_len(32).build().unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        assert_eq!(
            tag,
            [
                0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0,
                0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59
            ]
        );
    }

    /// Asks another implementation: argon2-cffi, around the reference code of the authors.
    fn other(script: &str, arguments: &[&str]) -> Option<String> {
        let Ok(python) = std::env::var("RSVP_TEST_PYTHON") else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "under CI nothing may be missing: RSVP_TEST_PYTHON");
            eprintln!("SKIPPED: RSVP_TEST_PYTHON is not set");
            return None;
        };
        let done = std::process::Command::new(python).arg("-c").arg(script).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Some(String::from_utf8(done.stdout).unwrap().trim().to_owned())
    }

    #[tokio::test]
    async fn another_implementation_verifies_what_is_hashed_here_and_the_reverse() {
        let password = "přílišžluťoučkýkůň úpěl ďábelské ódy";
        let ours = Hasher::new(HashParameters::default(), 1).unwrap();
        let stored = ours.hash(typed(password), [7; 16]).await.unwrap();
        let verify = "import sys, argon2; print(argon2.PasswordHasher().verify(sys.argv[1], sys.argv[2]))";
        let Some(verified) = other(verify, &[&stored, password]) else { return };
        assert_eq!(verified, "True");
        let hash = "import sys, argon2\n\
                    print(argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(sys.argv[1]))";
        let theirs = other(hash, &[password]).unwrap();
        assert!(ours.verify(typed(password), Some(&theirs)).await.unwrap(), "{theirs}");
        assert!(!ours.verify(typed("something else"), Some(&theirs)).await.unwrap());
        assert!(ours.is_outdated(&theirs), "and it is made anew at the next sign-in");
    }

    #[tokio::test]
    async fn a_stored_hash_cannot_stop_the_machine() {
        let huge =
            "$argon2id$v=19$m=4000000000,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert!(matches!(quick().verify(typed("x"), Some(huge)).await, Err(SecretsError::StoredHash)));
    }
}
