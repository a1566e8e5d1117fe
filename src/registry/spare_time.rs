//! Work that takes what others leave of the processor: whoever checks a name does not wait for whoever guesses passwords.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// Does work on threads of its own, because not everybody may raise a priority again.
///
/// At first under the policy of what is idle: a nice value alone makes the share smaller, but not the turns, and each turn keeps
/// a query waiting for its whole length (1.4 ms on two cores). Under that policy a machine that always has something else to do
/// would never be done, so what takes longer than `patience` is done once more, with a tenth of others' weight.
pub(super) struct SpareTime {
    patience: Duration,
    /// A thread with the policy of what is idle works; there is one at most, whether or not its result is still wanted.
    is_taken: Arc<AtomicBool>,
}

impl SpareTime {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, is_taken: Arc::default() }
    }

    /// The result of `work`, which may be done twice. None where no thread is to be had.
    pub(super) fn spend<T: Send + 'static>(&self, work: impl Fn() -> T + Send + Sync + 'static) -> Option<T> {
        let work = Arc::new(work);
        let (done, result) = mpsc::channel();
        if !self.is_taken.swap(true, Ordering::Acquire) {
            let taken = Taken(Arc::clone(&self.is_taken));
            let (work, done) = (Arc::clone(&work), done.clone());
            start(move || {
                wait_for_idleness();
                let _ = done.send(work());
                drop(taken);
            })?;
            if let Ok(result) = result.recv_timeout(self.patience) {
                return Some(result);
            }
        }
        start(move || {
            lower_priority();
            let _ = done.send(work());
        })?;
        result.recv().ok()
    }
}

/// The place of the one with the policy of what is idle; free again when this is dropped, also where its thread never began.
struct Taken(Arc<AtomicBool>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn start(work: impl FnOnce() + Send + 'static) -> Option<()> {
    thread::Builder::new().name("spare-time".to_owned()).spawn(work).ok().map(drop)
}

/// This thread runs when no other wants to. Where that is forbidden, queries wait a little longer.
fn wait_for_idleness() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let this = thread_priority::thread_native_id();
        let _ = thread_priority::set_thread_priority_and_policy(this, ThreadPriority::Min, idle);
    }
}

/// Lowers the priority of this thread; only on Linux, since elsewhere it would be the whole process'.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if rustix::process::getpriority_process(None).is_ok_and(|now| now < NICE) {
        let _ = rustix::process::setpriority_process(None, NICE);
    }
}

/// A tenth of the weight of others where all want the processor.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use thread_priority::{NormalThreadSchedulePolicy, ThreadSchedulePolicy};

    use super::*;

    const IDLE: ThreadSchedulePolicy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    const FOR_EVER: Duration = Duration::from_secs(3600);

    fn policy_and_nice() -> (ThreadSchedulePolicy, i32) {
        let nice = rustix::process::getpriority_process(None).unwrap();
        (thread_priority::thread_schedule_policy().unwrap(), nice)
    }

    #[test]
    fn its_thread_gives_way_and_no_other_does() {
        let before = policy_and_nice();
        let (policy, _) = SpareTime::new(FOR_EVER).spend(policy_and_nice).unwrap();
        assert_eq!(policy, IDLE);
        assert_eq!(policy_and_nice(), before);
    }

    #[test]
    fn who_would_wait_for_ever_is_given_a_share() {
        let spare = SpareTime::new(Duration::ZERO);
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let (_, before) = policy_and_nice();
        // As on a machine that is never idle, until it is released.
        let work = move || {
            let (policy, nice) = policy_and_nice();
            if policy == IDLE {
                let _ = held.lock().unwrap().recv();
            }
            (policy == IDLE, nice)
        };
        assert_eq!(spare.spend(work), Some((false, before.max(NICE))));
        // The overtaken one is still there, so the next does not begin as it did.
        let spend = || spare.spend(|| policy_and_nice().0 == IDLE);
        assert_eq!(spend(), Some(false));
        assert!(spare.is_taken.load(Ordering::Acquire));
        drop(release);
        while spare.is_taken.load(Ordering::Acquire) {
            thread::yield_now();
        }
    }

    #[test]
    fn a_panic_is_no_result_and_frees_the_place() {
        let spare = SpareTime::new(Duration::ZERO);
        assert_eq!(spare.spend(|| assert!(policy_and_nice().1 < -100)), None);
        while spare.is_taken.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert_eq!(spare.spend(|| 1), Some(1));
    }
}
