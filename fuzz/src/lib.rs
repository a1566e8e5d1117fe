//! What the targets share: a registry as the sandbox sows it, on a file in memory, with a clock that stands still.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use domesday::dialect;
use domesday::gateway::epp::{EppGateway, Settings as EppSettings};
use domesday::model::registrar::RegistrarId;
use domesday::registry::clock::Clock;
use domesday::registry::secret::{ServerKey, system_random};
use domesday::registry::{Registry, Settings};
use domesday::sandbox::seed;
use domesday::store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The registry, and the runtime that asks it.
pub struct Bench {
    pub runtime: Runtime,
    pub registry: Arc<Registry>,
    _dir: TempDir,
}

impl Bench {
    /// A new one.
    pub fn new() -> Self {
        let shared = Path::new("/dev/shm");
        let dir = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let registry = runtime.block_on(async {
            let store = Store::open(dir.path().join("registry.db").to_str().unwrap()).unwrap();
            let clock = Clock::held("2026-01-01T00:00:00Z".parse().unwrap());
            let settings = Settings { roid_suffix: "DD".to_owned(), random: system_random };
            let key = ServerKey::new(&[7; 32]).unwrap();
            let registry = Registry::open(store, clock, key, settings).await.unwrap();
            let sown = seed::Seed::parse(seed::DEFAULT, &"the built-in seed").unwrap();
            sown.sow(&registry).await.unwrap();
            registry
        });
        Self { runtime, registry, _dir: dir }
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// Answers bytes as one frame of a session of this registrar. Whatever comes in, an answer in EPP goes out.
pub fn epp(dialect: &'static str, registrar: &str, frame: &[u8]) {
    static GATEWAY: OnceLock<(Bench, Arc<EppGateway>, RegistrarId)> = OnceLock::new();
    let (bench, gateway, registrar) = GATEWAY.get_or_init(|| {
        let bench = Bench::new();
        let dialect = dialect::named(dialect).unwrap();
        let gateway = EppGateway::new(Arc::clone(&bench.registry), dialect, EppSettings::default());
        (bench, gateway, RegistrarId::parse(registrar).unwrap())
    });
    let answer = bench.runtime.block_on(gateway.answer_as(registrar, frame));
    assert!(answer.contains("<epp"), "{answer}");
    // 2400 is ours: nothing a client sends may break the registry.
    assert!(!answer.contains("<result code=\"2400\">"), "{answer}");
}
