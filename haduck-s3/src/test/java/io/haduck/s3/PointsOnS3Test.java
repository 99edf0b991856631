package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.kept.ThinnedLog;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.points.Point;
import io.haduck.core.points.Points;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.History;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Points over real conditional writes: two makers at a time, deletion, a sweep. */
class PointsOnS3Test {
  private static final String BUCKET = "haduck-points";
  private static final int MAKERS = 4;

  @Test
  void points_onS3Proxy() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.inMemory();
        ObjectStore store = server.openStore("points")) {
      check(store);
    }
  }

  @Test
  void points_onMinio() throws Exception {
    MinioServer minio = MinioServer.running();
    minio.createBucket(BUCKET);
    var location = new ReplicaLocation("s3", BUCKET, Long.toString(System.nanoTime(), 36));
    try (ObjectStore store = ObjectStoreProvider.openStore(location, minio.settings())) {
      check(store);
    }
  }

  private static void check(ObjectStore store) throws Exception {
    var history = new History(new Random(5));
    for (int seq = 1; seq <= 9; seq++) {
      EncodedChangeset changeset = seq == 1 ? history.base(1) : history.checkpoint(1, 0);
      assertThat(store.putIfAbsent(changeset.key(), changeset.body()).outcome())
          .isEqualTo(Outcome.DONE);
    }
    Point point = madeByMany(store, "a", 4);
    assertThat(point.seq()).isEqualTo(4);
    Points points = Points.of(store);
    assertThatThrownBy(() -> points.make("a", 5))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("point a names seq 4");
    points.make("b", 3);
    assertThat(points.delete("b")).isTrue();
    var log = new ThinnedLog(store);
    log.giveUp(7, 2);
    log.sweep();
    assertThat(points.list()).containsExactly(point);
    assertThatThrownBy(() -> points.make("b", 3))
        .isInstanceOf(DivergedException.class)
        .hasMessageContainingAll("is not kept any more", "seq 2", "seq 4");
    assertThat(madeByMany(store, "b", 8).seq()).isEqualTo(8);
    assertThat(points.list()).extracting(Point::name).containsExactly("a", "b");
  }

  private static Point madeByMany(ObjectStore store, String name, long seq) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(MAKERS);
    var together = new CyclicBarrier(MAKERS);
    List<Future<Point>> makers = new ArrayList<>();
    try {
      for (int i = 0; i < MAKERS; i++) {
        makers.add(
            threads.submit(
                () -> {
                  together.await();
                  return Points.of(store).make(name, seq);
                }));
      }
      Point first = makers.get(0).get();
      for (Future<Point> maker : makers) {
        assertThat(maker.get()).isEqualTo(first);
      }
      return first;
    } finally {
      threads.shutdownNow();
    }
  }
}
