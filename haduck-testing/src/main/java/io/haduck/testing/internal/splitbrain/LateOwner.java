package io.haduck.testing.internal.splitbrain;

import io.haduck.core.lease.LeaseOwner;
import org.jspecify.annotations.Nullable;

/** Whoever holds a lease and is still opening. */
final class LateOwner implements LeaseOwner {
  private @Nullable Tenure tenure;

  void is(Tenure opened) {
    tenure = opened;
  }

  @Override
  public boolean canAppend() {
    return tenure == null || tenure.canAppend();
  }

  @Override
  public boolean historyIntact() {
    return tenure != null && tenure.historyIntact();
  }
}
