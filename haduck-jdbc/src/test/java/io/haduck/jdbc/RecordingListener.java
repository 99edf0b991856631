package io.haduck.jdbc;

import io.haduck.core.CommitReceipt;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.follower.FollowedPosition;
import io.haduck.core.replica.ReplicationListener;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes what it is told, and leaves the database's thread alone. */
final class RecordingListener implements ReplicationListener {
  final List<CommitReceipt> commits = new CopyOnWriteArrayList<>();
  final List<String> states = new CopyOnWriteArrayList<>();
  final List<Long> shown = new CopyOnWriteArrayList<>();

  @Override
  public void committed(CommitReceipt receipt) {
    commits.add(receipt);
  }

  @Override
  public void failing(HaduckException problem, Instant since) {
    states.add("failing");
  }

  @Override
  public void recovered() {
    states.add("recovered");
  }

  @Override
  public void shown(FollowedPosition position, Duration took) {
    shown.add(position.seq());
  }

  @Override
  public void heldBack() {
    states.add("held back");
  }

  @Override
  public void promoted() {
    states.add("promoted");
  }

  @Override
  public void promotionFailed(Exception problem) {
    states.add("promotion failed");
  }

  @Override
  public void fenced(FencedException problem) {
    states.add("fenced");
  }
}
