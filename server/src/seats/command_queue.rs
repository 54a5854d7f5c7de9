//! The queue of commands that wait for the engine.

use super::command::{Actor, Outcome, SeatCommand};
use tokio::sync::{mpsc, oneshot};

/// The most commands that are committed together. One with several operations counts as that many, so that a batch has
/// at most these operations and those of its last command.
pub(super) const MAX_BATCH_COMMANDS: usize = 256;

/// A command that waits for its commit.
pub(super) struct PendingCommand {
    pub actor: Actor,
    pub command: SeatCommand,
    pub reply: oneshot::Sender<Option<Outcome>>,
}

/// The waiting commands, in the order of their arrival.
pub(super) struct CommandQueue {
    commands: mpsc::Receiver<PendingCommand>,
    /// The first command, if it was received but did not fit into the last batch.
    next: Option<PendingCommand>,
}

impl CommandQueue {
    pub fn new(commands: mpsc::Receiver<PendingCommand>) -> Self {
        Self { commands, next: None }
    }

    /// Waits for commands and takes up to a full batch. Returns false when no more commands can arrive.
    pub async fn wait(&mut self, batch: &mut Vec<PendingCommand>) -> bool {
        let next = match self.next.take() {
            Some(next) => Some(next),
            None => self.commands.recv().await,
        };
        let Some(first) = next else { return false };
        let mut operations = first.command.operation_count();
        batch.push(first);
        while operations < MAX_BATCH_COMMANDS
            && let Ok(pending) = self.commands.try_recv()
        {
            operations += pending.command.operation_count();
            batch.push(pending);
        }
        true
    }

    /// The next command, if there is one, the batch of these operations is not full, and the command fits.
    pub fn next_if(&mut self, operations: usize, fits: impl FnOnce(&SeatCommand) -> bool) -> Option<PendingCommand> {
        if operations >= MAX_BATCH_COMMANDS {
            return None;
        }
        let next = self.next.take().or_else(|| self.commands.try_recv().ok())?;
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
    use crate::seats::{
        RemovableUsers,
        command::{EndOptions, OwnerFilter, SeatOperation},
    };
    use seatkeeper_shared::ids::{SessionId, UserId};
    use uuid::Uuid;

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    async fn queue_of(users: impl IntoIterator<Item = u128>) -> CommandQueue {
        let (sender, commands) = mpsc::channel(1_000);
        for number in users {
            let command =
                SeatCommand::SuspendUser { user: user(number), removable: RemovableUsers::Anybody, change: None };
            let pending = PendingCommand { actor: Actor::system(), command, reply: oneshot::channel().0 };
            sender.send(pending).await.expect("there is room");
        }
        CommandQueue::new(commands)
    }

    fn suspended_user(pending: &PendingCommand) -> u128 {
        let SeatCommand::SuspendUser { user, .. } = &pending.command else { panic!("another command") };
        user.0.as_u128()
    }

    #[tokio::test]
    async fn a_command_that_does_not_fit_is_the_first_of_the_next_batch() {
        let mut queue = queue_of(1..=4).await;
        assert_eq!(queue.next_if(0, |_| true).as_ref().map(suspended_user), Some(1));
        assert!(queue.next_if(1, |_| false).is_none());
        let others =
            |command: &SeatCommand| !matches!(command, SeatCommand::SuspendUser { user: who, .. } if *who == user(2));
        assert!(queue.next_if(1, others).is_none(), "3 would overtake 2");
        let mut batch = Vec::new();
        assert!(queue.wait(&mut batch).await);
        assert_eq!(batch.iter().map(suspended_user).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(!queue.wait(&mut batch).await, "all senders are dropped");
    }

    #[tokio::test]
    async fn a_batch_is_never_larger_than_the_maximum() {
        let mut queue = queue_of(0..300).await;
        assert!(queue.next_if(MAX_BATCH_COMMANDS, |_| true).is_none());
        assert!(queue.next_if(MAX_BATCH_COMMANDS - 1, |_| false).is_none());
        let mut batch = Vec::new();
        assert!(queue.wait(&mut batch).await);
        assert_eq!(batch.len(), MAX_BATCH_COMMANDS);
    }

    #[tokio::test]
    async fn each_operation_of_a_command_counts() {
        let (sender, commands) = mpsc::channel(10);
        let options = EndOptions::default();
        let end = SeatOperation::End { session: SessionId(Uuid::nil()), owner: OwnerFilter::All, options };
        for _ in 0..5 {
            let command = SeatCommand::Operate(vec![end.clone(); 100]);
            let pending = PendingCommand { actor: Actor::system(), command, reply: oneshot::channel().0 };
            sender.send(pending).await.expect("there is room");
        }
        let (mut queue, mut batch) = (CommandQueue::new(commands), Vec::new());
        assert!(queue.wait(&mut batch).await);
        assert_eq!(batch.len(), 3, "300 operations, of which the last command has some beyond the maximum");
    }
}
