package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.internal.kept.ThinnedLog;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.CountingStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Points while others sweep, and on stores that do not do as they should. */
class MadePointsTest {
  @TempDir Path directory;
  private ObjectStore files;
  private Sweeping store;
  private ThinnedLog log;
  private final List<Long> seqs = new ArrayList<>();

  @BeforeEach
  void makeALog() throws Exception {
    Path replica = directory.resolve("replica");
    files = new FileObjectStore(replica);
    store = new Sweeping(files);
    log = new ThinnedLog(files);
    try (var database = ReplicatedDatabase.open(directory, replica)) {
      for (int i = 0; i < 4; i++) {
        database.execute("CREATE OR REPLACE TABLE t AS SELECT " + i + " AS a");
        seqs.add(database.checkpoint().seq());
      }
    }
  }

  @AfterEach
  void close() {
    files.close();
  }

  @Test
  void point_ofAStateThatIsGivenUpMeanwhile_isRefused_andTheNameIsFree() {
    store.beforeReading(LogKeys.changeset(seqs.get(1)), () -> log.giveUp(seqs.get(2)));
    Points points = Points.of(store);
    assertThatThrownBy(() -> points.make("a", seqs.get(1)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll(
            "point a cannot name seq " + seqs.get(1), "the nearest after it seq " + seqs.get(2));
    assertThat(points.list()).isEmpty();
    assertThat(points.make("a", seqs.get(2)).seq()).isEqualTo(seqs.get(2));
  }

  @Test
  void point_isSeenByASweepThatBeginsMeanwhile() {
    Points points = Points.of(store);
    Point made = points.make("a", seqs.get(1));
    log.giveUp(seqs.get(3));
    log.sweep();
    assertThat(points.make("a", seqs.get(1))).isEqualTo(made);
    assertThat(points.make("b", seqs.get(1)).seq()).isEqualTo(made.seq());
    assertThatThrownBy(() -> points.make("c", seqs.get(2))).isInstanceOf(DivergedException.class);
    assertThat(points.list()).extracting(Point::name).containsExactly("a", "b");
  }

  @Test
  void point_ofWhatTheLogDoesNotHave_orOfAnotherWriters_isRefused() {
    Points points = Points.of(store);
    assertThatThrownBy(() -> points.make("a", 1000))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("point a cannot name seq 1000");
    assertThatThrownBy(() -> points.make("a", seqs.get(1), new UUID(1, 2), 1))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("that of another history");
    assertThat(points.list()).isEmpty();
  }

  @Test
  void point_inAStoreThatRefusesToWrite_isAnErrorOfTheStore() {
    store.refuse("point/");
    assertThatThrownBy(() -> Points.of(store).make("a", seqs.get(1)))
        .isInstanceOf(StoreAccessException.class)
        .hasMessageContaining("point/a");
  }

  @Test
  void point_inAStoreWithoutConditionalWrites_isRefused_andSaysWhy() {
    store.ignoreConditions();
    assertThatThrownBy(() -> Points.of(store).make("a", seqs.get(1)))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("If-None-Match");
    assertThat(files.list("point/", "").objects()).isEmpty();
  }

  @Test
  void point_thatIsThere_isMadeAgainWithoutAnyWrite() {
    var first = new CountingStore(files);
    Point made = Points.of(first).make("a", seqs.get(1));
    System.out.println("MadePointsTest: a point took " + first.requests() + " requests");
    assertThat(first.requests()).isLessThan(25);
    var counting = new CountingStore(files);
    assertThat(Points.of(counting).make("a", seqs.get(1))).isEqualTo(made);
    assertThat(counting.puts()).isZero();
  }
}
