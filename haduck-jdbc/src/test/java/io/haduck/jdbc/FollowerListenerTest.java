package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What listeners are told of a database that is followed. */
@Tag("compat")
final class FollowerListenerTest extends FollowedWriter {
  private final RecordingListener listener = new RecordingListener();

  @Test
  void newerStates_outages_andReadersThatHoldAllCopies_areTold() throws Exception {
    var source = new HaduckDataSource();
    source.setUrl(followerUrl());
    source.setListener(listener);
    Connection[] readers = new Connection[4];
    try (Connection follower = source.getConnection()) {
      for (int i = 0; i < readers.length; i++) {
        readers[i] = source.getConnection();
        readers[i].setAutoCommit(false);
        assertThat(count(readers[i], "t")).isEqualTo(1000 + i);
        run(writer, "INSERT INTO t VALUES (1)");
        if (i < 3) {
          catchUp(follower);
        }
      }
      await().atMost(SOON).until(() -> listener.states.contains("held back"));
      for (Connection reader : readers) {
        reader.close();
      }
      catchUp(follower);
      long seq = Haduck.status(follower).following().orElseThrow().shown().seq();
      await().atMost(SOON).until(() -> listener.shown.contains(seq));
      assertThat(listener.shown).isSorted().hasSizeGreaterThan(3);

      Path replica = directory.resolve("replica").resolve("my.duckdb");
      Path away = directory.resolve("away");
      Haduck.removeListener(follower, listener);
      var later = new RecordingListener();
      Haduck.addListener(follower, later);
      Haduck.addListener(follower, later);
      Files.move(replica, away);
      await().atMost(SOON).until(() -> later.states.contains("failing"));
      Files.move(away, replica);
      await().atMost(SOON).until(() -> later.states.contains("recovered"));
      assertThat(listener.states).doesNotContain("failing");
    }
  }

  @Test
  void standby_tellsWhatItShowsAndThatItIsPromoted() throws Exception {
    var source = new HaduckDataSource();
    source.setUrl(
        url("standby", ";haduck.mode=standby;haduck.poll_interval=50ms;haduck.name=my.duckdb"));
    source.setListener(listener);
    try (Connection standby = source.getConnection()) {
      run(writer, "INSERT INTO t VALUES (1)");
      catchUp(standby);
      await().atMost(SOON).until(() -> !listener.shown.isEmpty());
      assertThat(listener.states).doesNotContain("promoted");
      writer.close();
      Haduck.promote(standby, SOON);
      await().atMost(SOON).until(() -> listener.states.contains("promoted"));
      run(standby, "INSERT INTO t VALUES (2)");
      await().atMost(SOON).until(() -> !listener.commits.isEmpty());
    }
    try (Connection local =
        DriverManager.getConnection("jdbc:haduck:" + directory.resolve("local.duckdb"))) {
      Haduck.addListener(local, listener);
      Haduck.removeListener(local, listener);
    }
  }
}
