package io.haduck.bench;

import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.CountingStore;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.util.Locale;

/** Restoring a database of which twenty thousand commits came after its last checkpoint. */
final class WalRestore implements Scenario {
  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    int commits = options.rows() / 50;
    Path database = workspace.file("events.duckdb");
    var written = new CountingStore(workspace.openStore("events"));
    long begun = System.nanoTime();
    try (Subject subject = Subject.replicated(database, written)) {
      subject.execute("CREATE TABLE events (id BIGINT, name VARCHAR, value DOUBLE)");
      subject.checkpoint();
      try (PreparedStatement insert =
          subject.connection().prepareStatement("INSERT INTO events VALUES (?, ?, ?)")) {
        for (int i = 0; i < commits; i++) {
          insert.setLong(1, i);
          insert.setString(2, "event number " + i);
          insert.setDouble(3, i * 1.5);
          insert.executeUpdate();
          subject.awaitReplica();
        }
      }
      workspace
          .out()
          .printf(
              Locale.ROOT,
              "%,d commits, each awaited: %.1f s, %,d PUTs of %s%n",
              commits,
              (System.nanoTime() - begun) / 1e9,
              written.puts(),
              Measures.bytes(written.putBytes()));
      restore(workspace, commits + " WAL changesets");
      subject.checkpoint();
      restore(workspace, "the same after a CHECKPOINT");
    }
  }

  private static void restore(Workspace workspace, String what) throws Exception {
    Measures measures = workspace.measures();
    long gets = 0;
    for (int round = 0; round < workspace.options().rounds(); round++) {
      Path restored = workspace.file("restored-" + round + ".duckdb");
      try (ObjectStore opened = workspace.openStore("events")) {
        var store = new CountingStore(opened);
        long begun = System.nanoTime();
        RestoreResult result = Restorer.create().restore(RestoreRequest.latest(store, restored));
        measures.add(what, System.nanoTime() - begun);
        gets = store.gets();
        if (result.seq() != result.headSeq()) {
          throw new IllegalStateException("not the head: " + result);
        }
      }
      Subject.delete(restored);
    }
    workspace.out().printf(Locale.ROOT, "restoring %s: %,d GETs%n", what, gets);
    measures.heading();
    measures.report(what);
  }
}
