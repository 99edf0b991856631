package io.haduck.bench;

import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/** What a simulated database held at some seqs that may still be kept. For one thread. */
final class HeldStates {
  private static final int SAMPLES = 4;

  private final Workspace workspace;
  private final NavigableMap<Long, String> held = new TreeMap<>();
  private long restored;
  private long refused;

  HeldStates(Workspace workspace) {
    this.workspace = workspace;
  }

  void put(long seq, String contents) {
    held.put(seq, contents);
  }

  /**
   * Restores some of the states that are kept, the first and the last one among them, and asks for
   * some that are not; those are forgotten.
   */
  void compare(ObjectStore store, ReadableStates readable, Random random)
      throws SQLException, IOException {
    List<Long> gone = held.keySet().stream().filter(seq -> !readable.contains(seq)).toList();
    var log = new ReplicationLog(store, () -> readable);
    for (int i = 0; i < SAMPLES && !gone.isEmpty(); i++) {
      long seq = gone.get(random.nextInt(gone.size()));
      if (log.loadAt(seq, LoadProgress.NONE).isPresent()) {
        throw new IllegalStateException("seq " + seq + " was given up, and can be read");
      }
      refused++;
    }
    gone.forEach(held::remove);
    List<Long> there = new ArrayList<>(held.keySet());
    restore(store, there.get(0));
    restore(store, there.get(there.size() - 1));
    for (int i = 0; i < SAMPLES; i++) {
      restore(store, there.get(random.nextInt(there.size())));
    }
  }

  private void restore(ObjectStore store, long seq) throws SQLException, IOException {
    Path file = Files.createDirectories(workspace.file("restored")).resolve("year.duckdb");
    Restorer.create().restore(RestoreRequest.latest(store, file).at(new RestoreTarget.AtSeq(seq)));
    String found;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      found = SimulatedApplication.contents(connection);
    }
    Subject.delete(file);
    if (!found.equals(held.get(seq))) {
      throw new IllegalStateException(
          "seq " + seq + " holds " + found + " once restored, and was " + held.get(seq));
    }
    restored++;
  }

  void save(DataOutput out) throws IOException {
    out.writeInt(held.size());
    for (Map.Entry<Long, String> state : held.entrySet()) {
      out.writeLong(state.getKey());
      out.writeUTF(state.getValue());
    }
    out.writeLong(restored);
    out.writeLong(refused);
  }

  void load(DataInput in) throws IOException {
    for (int left = in.readInt(); left > 0; left--) {
      held.put(in.readLong(), in.readUTF());
    }
    restored = in.readLong();
    refused = in.readLong();
  }

  @Override
  public String toString() {
    return restored + " states restored and the same, " + refused + " that were given up refused";
  }
}
