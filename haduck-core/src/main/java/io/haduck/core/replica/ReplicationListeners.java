package io.haduck.core.replica;

import io.haduck.core.CommitReceipt;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.follower.FollowedPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes what a replicator or a follower tells on to any number of listeners, without ever waiting
 * for one. Safe for any thread; adding and removing may happen at any time.
 */
public final class ReplicationListeners implements ReplicationListener {
  private final List<ListenerMailbox> mailboxes = new CopyOnWriteArrayList<>();

  /** Nobody listens yet. */
  public ReplicationListeners() {}

  /** Adds a listener; does nothing if that very one was added before. */
  public synchronized void add(ReplicationListener listener) {
    if (mailboxes.stream().noneMatch(mailbox -> mailbox.listener() == listener)) {
      mailboxes.add(new ListenerMailbox(listener));
    }
  }

  /**
   * Removes a listener; news that wait for it are dropped, and a call under way comes to its end.
   */
  public synchronized void remove(ReplicationListener listener) {
    mailboxes.removeIf(
        mailbox -> {
          boolean found = mailbox.listener() == listener;
          if (found) {
            mailbox.close();
          }
          return found;
        });
  }

  @Override
  public void committed(CommitReceipt receipt) {
    mailboxes.forEach(mailbox -> mailbox.post(true, listener -> listener.committed(receipt)));
  }

  @Override
  public void failing(HaduckException problem, Instant since) {
    mailboxes.forEach(mailbox -> mailbox.post(false, listener -> listener.failing(problem, since)));
  }

  @Override
  public void recovered() {
    mailboxes.forEach(mailbox -> mailbox.post(false, ReplicationListener::recovered));
  }

  @Override
  public void shown(FollowedPosition position, Duration took) {
    mailboxes.forEach(mailbox -> mailbox.post(true, listener -> listener.shown(position, took)));
  }

  @Override
  public void heldBack() {
    mailboxes.forEach(mailbox -> mailbox.post(false, ReplicationListener::heldBack));
  }

  @Override
  public void promoted() {
    mailboxes.forEach(mailbox -> mailbox.post(false, ReplicationListener::promoted));
  }

  @Override
  public void promotionFailed(Exception problem) {
    mailboxes.forEach(
        mailbox -> mailbox.post(false, listener -> listener.promotionFailed(problem)));
  }

  @Override
  public void fenced(FencedException problem) {
    mailboxes.forEach(mailbox -> mailbox.post(false, listener -> listener.fenced(problem)));
  }
}
