//! Ctrl-C, and what else asks a program to stop on each system. The first asks it to stop between
//! two writes; the second ends it at once, which loses nothing either (law L4).

use syncline_service::Stop;

/// Returns what is asked when a signal arrives; the person who sent it is told so.
pub(crate) fn stop_on_signal(tell: impl Fn(&str) + Send + 'static) -> std::io::Result<Stop> {
    let (switch, stop) = Stop::new();
    let mut arrived = signals()?;
    tokio::spawn(async move {
        arrived.next().await;
        switch.ask();
        tell("stopping after the writes in flight; once more to stop at once");
        arrived.next().await;
        #[expect(clippy::exit, reason = "a second signal means at once")]
        std::process::exit(1);
    });
    Ok(stop)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok(Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
    })
}

#[cfg(unix)]
impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_shutdown};
    Ok(Signals {
        interrupt: ctrl_c()?,
        close: ctrl_close()?,
        shutdown: ctrl_shutdown()?,
    })
}

#[cfg(windows)]
impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}
