//! The commands that wait for the loop.

use super::command::{Actor, Command, Outcome};
use tokio::sync::{mpsc, oneshot};

/// How many commands are committed together at most.
pub(super) const BATCH: usize = 256;

/// A command that waits for its commit.
pub(super) struct Job {
    pub actor: Actor,
    pub command: Command,
    pub reply: oneshot::Sender<Option<Outcome>>,
}

/// The commands that wait, in the order in which they came.
pub(super) struct Inbox {
    jobs: mpsc::Receiver<Job>,
    /// The first of them, if it was looked at.
    next: Option<Job>,
}

impl Inbox {
    /// What comes out of here.
    pub fn new(jobs: mpsc::Receiver<Job>) -> Self {
        Self { jobs, next: None }
    }

    /// Waits for commands and takes as many as are committed together; false if there will be none.
    pub async fn wait(&mut self, batch: &mut Vec<Job>) -> bool {
        match self.next.take() {
            Some(next) => batch.push(next),
            None => return self.jobs.recv_many(batch, BATCH).await > 0,
        }
        while batch.len() < BATCH
            && let Ok(job) = self.jobs.try_recv()
        {
            batch.push(job);
        }
        true
    }

    /// The next command, if it is there, there is room for it beside so many, and it fits.
    pub fn next_if(&mut self, beside: usize, fits: impl FnOnce(&Command) -> bool) -> Option<Job> {
        if beside >= BATCH {
            return None;
        }
        let next = self.next.take().or_else(|| self.jobs.try_recv().ok())?;
        if fits(&next.command) {
            return Some(next);
        }
        self.next = Some(next);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seats::Whom;
    use seatkeeper_shared::ids::UserId;
    use uuid::Uuid;

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    async fn inbox(users: impl IntoIterator<Item = u128>) -> Inbox {
        let (queue, jobs) = mpsc::channel(1_000);
        for number in users {
            let command = Command::Suspend { user: user(number), whom: Whom::Anybody, change: None };
            let job = Job { actor: Actor::system(), command, reply: oneshot::channel().0 };
            queue.send(job).await.expect("there is room");
        }
        Inbox::new(jobs)
    }

    fn whom(job: &Job) -> u128 {
        let Command::Suspend { user, .. } = &job.command else { panic!("another command") };
        user.0.as_u128()
    }

    #[tokio::test]
    async fn what_does_not_fit_is_the_first_of_the_next_batch_and_nothing_overtakes_it() {
        let mut inbox = inbox(1..=4).await;
        assert_eq!(inbox.next_if(0, |_| true).as_ref().map(whom), Some(1));
        assert!(inbox.next_if(1, |_| false).is_none());
        let others = |command: &Command| !matches!(command, Command::Suspend { user: who, .. } if *who == user(2));
        assert!(inbox.next_if(1, others).is_none(), "3 would overtake 2");
        let mut batch = Vec::new();
        assert!(inbox.wait(&mut batch).await);
        assert_eq!(batch.iter().map(whom).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(!inbox.wait(&mut batch).await, "nobody can send any more");
    }

    #[tokio::test]
    async fn a_batch_is_never_larger_than_what_is_committed_together() {
        let mut inbox = inbox(0..300).await;
        assert!(inbox.next_if(BATCH, |_| true).is_none());
        assert!(inbox.next_if(BATCH - 1, |_| false).is_none());
        let mut batch = Vec::new();
        assert!(inbox.wait(&mut batch).await);
        assert_eq!(batch.len(), BATCH);
    }
}
