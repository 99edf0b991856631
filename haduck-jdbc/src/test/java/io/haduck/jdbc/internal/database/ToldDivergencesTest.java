package io.haduck.jdbc.internal.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ToldDivergencesTest {
  private final ToldDivergences told = new ToldDivergences();

  private boolean isTold(String database, String message) {
    return told.add(Path.of(database), new DivergedException(message));
  }

  @Test
  void add_ofTheSameProblemWithAReplicaThatMovesOn_isToldOnce() {
    assertThat(isTold("/a", "has changes of its own; the log is at seq 12 (3fa9), 10:00:01Z"))
        .isTrue();
    assertThat(isTold("/a", "has changes of its own; the log is at seq 13 (77b0), 10:00:02Z"))
        .isFalse();
    assertThat(isTold("/b", "has changes of its own; the log is at seq 13 (77b0), 10:00:02Z"))
        .isTrue();
    assertThat(isTold("/a", "holds another history; the log is at seq 13 (77b0), 10:00:02Z"))
        .isTrue();
    told.forget(Path.of("/a"));
    assertThat(isTold("/a", "holds another history; the log is at seq 13 (77b0), 10:00:02Z"))
        .isTrue();
  }
}
