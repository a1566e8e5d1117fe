//! The schema oracle: whether frames are valid, by the published XML Schemas and a parser that is not ours.
//!
//! The schemas are reference data beside the repository (`DOMESDAY_SHARED`, or `../shared`), the judge is
//! libxml2's `xmllint`. A machine that has only Rust has neither: there the oracle answers
//! [`Verdict::Skipped`] and says so once. `./check` installs the judge.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};
use std::{env, fs, io, process};

/// Which schemas judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Every published schema; a namespace without one is a fault. Judges the `ietf` listener.
    All,
    /// The same, but a namespace without a schema passes unread.
    AllLax,
}

/// What the oracle says of frames that it did not refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every frame is valid.
    Valid,
    /// Nobody judged: the schemas or `xmllint` are not on this machine.
    Skipped,
}

/// Judges labelled frames in one run of the judge. The error shows label, complaint and text of each invalid
/// frame; a judge that could not do its work is an error as well, never a pass.
pub(crate) fn validate(schema: Schema, frames: &[(String, String)]) -> Result<Verdict, String> {
    match Schemas::find() {
        Some(schemas) => schemas.judge(schema, frames).map(|()| Verdict::Valid),
        None => Ok(Verdict::Skipped),
    }
}

/// As [`validate`], each frame by the schemas that are for it: namespaces that no published schema has pass unread where they
/// are older versions of ones that have.
pub(crate) fn validate_each(frames: &[(String, String)]) -> Result<Verdict, String> {
    let is_old =
        |(_, xml): &(String, String)| UNPUBLISHED.iter().any(|uri| xml.contains(&format!("=\"{uri}\"")));
    let (old, current): (Vec<_>, Vec<_>) = frames.iter().cloned().partition(is_old);
    validate(Schema::All, &current)?;
    validate(Schema::AllLax, &old)
}

/// Namespaces whose schemas nobody published.
const UNPUBLISHED: &[&str] = &[
    "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.0",
    "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.1",
    "http://www.nominet.org.uk/epp/xml/std-notifications-1.0",
    "http://www.nominet.org.uk/epp/xml/std-notifications-1.1",
    "http://www.nominet.org.uk/epp/xml/nom-tag-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-account-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-account-1.1",
    "http://www.nominet.org.uk/epp/xml/nom-contact-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-contact-1.1",
    "http://www.nominet.org.uk/epp/xml/nom-domain-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-domain-1.1",
    "http://www.nominet.org.uk/epp/xml/nom-notifications-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-notifications-1.1",
    "http://www.nominet.org.uk/epp/xml/nom-ns-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-ns-1.1",
];

/// The reference data and the judge, both present.
pub(crate) struct Schemas {
    shared: PathBuf,
}

impl Schemas {
    /// Looks once per process, and complains once when something is missing.
    pub(crate) fn find() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Schemas>> = OnceLock::new();
        FOUND.get_or_init(Self::look).as_ref()
    }

    /// The folder of the reference data, for tests that read its frames.
    pub(crate) fn shared(&self) -> &Path {
        &self.shared
    }

    fn look() -> Option<Self> {
        let shared = match env::var_os("DOMESDAY_SHARED") {
            Some(named) if !named.is_empty() => PathBuf::from(named),
            _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        };
        if !shared.join("data/xsd/all.xsd").is_file() {
            complain(&format!(
                "no schemas under {}/data/xsd (DOMESDAY_SHARED names the folder)",
                shared.display()
            ));
            return None;
        }
        let asked =
            Command::new("xmllint").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !asked.is_ok_and(|status| status.success()) {
            complain("no xmllint (Debian: libxml2-utils)");
            return None;
        }
        // The judge runs inside a folder of its own, so a relative path would point elsewhere.
        shared.canonicalize().ok().map(|shared| Self { shared })
    }

    fn judge(&self, schema: Schema, frames: &[(String, String)]) -> Result<(), String> {
        if frames.is_empty() {
            return Ok(());
        }
        let folder = Folder::new().map_err(|error| format!("no folder for the frames: {error}"))?;
        let names: Vec<String> = (0..frames.len()).map(|number| format!("{number:05}.xml")).collect();
        for (name, (label, xml)) in names.iter().zip(frames) {
            fs::write(folder.0.join(name), xml)
                .map_err(|error| format!("{label}: cannot be written: {error}"))?;
        }
        let judged = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(self.shared.join("data/xsd").join(schema.file()))
            .args(&names)
            .current_dir(&folder.0)
            .output()
            .map_err(|error| format!("xmllint does not run: {error}"))?;
        let said = String::from_utf8_lossy(&judged.stderr);
        let refused: Vec<String> = names
            .iter()
            .zip(frames)
            .filter(|(name, _)| {
                !said.lines().any(|line| line.strip_suffix(" validates") == Some(name.as_str()))
            })
            .map(|(name, (label, xml))| format!("{label}\n{}\n{xml}", complaint(&said, name)))
            .collect();
        match refused.len() {
            0 if judged.status.success() => Ok(()),
            0 => Err(format!("xmllint ended with {} although no frame was refused:\n{said}", judged.status)),
            count => Err(format!("{count} of {} frames invalid:\n\n{}", frames.len(), refused.join("\n\n"))),
        }
    }
}

impl Schema {
    fn file(self) -> &'static str {
        match self {
            Self::All => "all.xsd",
            Self::AllLax => "all-lax.xsd",
        }
    }
}

/// What was said of one file; of all of them when the judge stopped before that one (a schema that does not compile).
fn complaint(said: &str, name: &str) -> String {
    let own: Vec<&str> = said.lines().filter(|line| line.starts_with(name)).collect();
    if own.is_empty() { said.to_owned() } else { own.join("\n") }
}

/// Written past the test harness, which would swallow the output of a passing test.
fn complain(missing: &str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nobody reads a closed standard error; the tests run on.
        let _ = writeln!(
            io::stderr(),
            "\n!!! SCHEMA ORACLE SKIPPED: {missing}. No frame is judged in this run.\n"
        );
    });
}

/// A folder under `target/tmp` that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("frames-{}-{number}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind lies under target/ and hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CREATE: &str = "data/rfc_frames/rfc5731-05-create-domain-request.xml";

fn rfc_frame() -> Option<String> {
    let schemas = Schemas::find()?;
    Some(fs::read_to_string(schemas.shared().join(CREATE)).expect("the frame lies beside the schemas"))
}

fn labelled(label: &str, xml: &str) -> (String, String) {
    (label.to_owned(), xml.to_owned())
}

#[test]
fn a_valid_frame_passes_and_a_misspelt_one_is_named() {
    let Some(good) = rfc_frame() else { return };
    let bad = good.replace("domain:registrant>", "domain:registrent>");
    assert_ne!(good, bad);
    assert_eq!(validate(Schema::All, &[labelled("good", &good)]), Ok(Verdict::Valid));
    let both = [labelled("the good one", &good), labelled("the misspelt one", &bad)];
    let error = validate(Schema::All, &both).expect_err("one is misspelt");
    assert!(error.starts_with("1 of 2 frames invalid"), "{error}");
    assert!(error.contains("the misspelt one") && error.contains("registrent"), "{error}");
    assert!(!error.contains("the good one"), "{error}");
}

#[test]
fn an_ill_formed_and_an_empty_frame_are_refused() {
    let Some(good) = rfc_frame() else { return };
    let cut = &good[..good.len() - 4];
    let frames = [labelled("cut", cut), labelled("empty", ""), labelled("whole", &good)];
    let error = validate(Schema::All, &frames).expect_err("two are no XML");
    assert!(error.starts_with("2 of 3 frames invalid"), "{error}");
}

#[test]
fn only_the_lax_schemas_let_an_undeclared_namespace_pass() {
    let Some(good) = rfc_frame() else { return };
    let extension = "<extension><x:y xmlns:x=\"urn:example:unheard-of\"/></extension><clTRID>";
    let frame = [labelled("with an extension", &good.replace("<clTRID>", extension))];
    assert_eq!(validate(Schema::AllLax, &frame), Ok(Verdict::Valid));
    assert!(validate(Schema::All, &frame).is_err());
}

#[test]
fn a_judge_without_schemas_refuses_everything() {
    let Some(good) = rfc_frame() else { return };
    let nowhere = Schemas { shared: PathBuf::from("/nonexistent") };
    assert!(nowhere.judge(Schema::All, &[labelled("good", &good)]).is_err());
}
