package io.haduck.core.replica;

import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LiveObjects;
import io.haduck.core.internal.log.LogState;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;

/** How much of what the head of a replica refers to is garbage. */
final class HeadGarbage {
  private HeadGarbage() {}

  /** How long the objects are that the head refers to, beside what it needs of them. */
  static double share(ReplicatedDatabase database) throws IOException {
    LogState head = WholeFile.headOf(database.replica());
    long needed = 0;
    long all = 0;
    for (LiveObject object : LiveObjects.of(head)) {
      needed += object.bytes();
      all += Files.size(database.replica().resolve(object.key()));
    }
    return (double) all / needed;
  }

  /** Bytes that were moved to make that less. */
  static long moved(ReplicatedDatabase database) {
    var share = database.replicator().status().headShare();
    return share == null ? 0 : share.movedBytes();
  }
}
