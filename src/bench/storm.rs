//! Storms: everyone logs in at once after a restart, and someone tries passwords.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::crowd::{Crowd, Seen, Target};
use super::population::{REGISTRARS, storm_registrar_id};
use super::process::open_files_max;
use super::request::{Work, login, right_login};
use crate::admin::Problem;

/// Connections opened a second, by so many clients that open one after another, each with a login of a real registrar or
/// only with its handshake.
pub(super) async fn reconnects(
    target: &Target,
    clients: usize,
    time: Duration,
    with_login: bool,
) -> Result<f64, Problem> {
    let until = Instant::now() + time;
    // Both ends of a connection are open files of this process, and what left before it may not be closed yet.
    let most = usize::try_from(open_files_max()).unwrap_or(usize::MAX) / 4 / clients.max(1);
    let mut working = JoinSet::new();
    for number in 0..clients as u64 {
        let target = target.clone();
        working.spawn(async move {
            let (mut done, mut kept) = (0_u64, VecDeque::new());
            while Instant::now() < until {
                let mut client = target.connect(number, 0).await?;
                if with_login {
                    client.receive().await?;
                    // Few registrars, many sessions each.
                    let code = client.ask(&right_login(&storm_registrar_id(number % FEW))).await?;
                    if code != 1000 {
                        return Err(io::Error::other(format!("a login was answered {code}")));
                    }
                }
                done += 1;
                // Sessions stay open, as after a restart.
                kept.push_back(client);
                if kept.len() > most {
                    kept.pop_front();
                }
            }
            Ok(done)
        });
    }
    let from = Instant::now();
    let mut done = 0;
    while let Some(ended) = working.join_next().await {
        done += ended.map_err(Problem::new)?.map_err(Problem::new)?;
    }
    Ok(done as f64 / from.elapsed().as_secs_f64().max(1e-9))
}

/// Checks by `crowd` while so many clients, each from an address of its own, try wrong passwords; and how many were refused.
pub(super) async fn wrong_passwords(
    target: &Target,
    crowd: &mut Crowd,
    clients: u16,
    time: Duration,
) -> Result<(Seen, u64), Problem> {
    let (over, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut storm = JoinSet::new();
    for number in 0..clients {
        let (target, over, refused) = (target.clone(), Arc::clone(&over), Arc::clone(&refused));
        storm.spawn(async move {
            let mut from = number;
            while !over.load(Ordering::Relaxed) {
                // An address that was refused too often moves on.
                from = from.wrapping_add(clients).max(1);
                // The server closes after the third; that is no error here.
                let _ = try_passwords(&target, from, &refused).await;
            }
        });
    }
    let seen = crowd.run(&Work::Check(1), time / 8, time).await;
    over.store(true, Ordering::Relaxed);
    storm.abort_all();
    while storm.join_next().await.is_some() {}
    Ok((seen?, refused.load(Ordering::Relaxed)))
}

async fn try_passwords(target: &Target, from: u16, refused: &AtomicU64) -> io::Result<()> {
    let mut client = target.connect(0, from).await?;
    client.receive().await?;
    // Not of those that reconnect, whose accounts would be locked when the store is used again.
    let guessed = FEW + u64::from(from) % (REGISTRARS - FEW);
    let frame = login(&storm_registrar_id(guessed), "wrong-PW1");
    for _ in 0..3 {
        client.ask(&frame).await?;
        refused.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Registrars that reconnect.
const FEW: u64 = 4;
