package io.haduck.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.MissingObjectException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountingStoreTest {
  private static final ObjectBody BODY = ObjectBody.of(new byte[10]);

  @TempDir Path directory;

  @Test
  void calls_areCountedWhateverBecomesOfThem() {
    ObjectStore files = new FileObjectStore(directory);
    try (var store = new CountingStore(files)) {
      assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.DONE);
      assertThat(store.putIfAbsent("a", BODY).outcome()).isEqualTo(Outcome.EXISTS);
      assertThat(store.putIfMatch("a", BODY, "no such").outcome()).isEqualTo(Outcome.MISMATCH);
      assertThat(store.put("b", BODY).outcome()).isEqualTo(Outcome.DONE);
      assertThat(store.puts()).isEqualTo(4);
      assertThat(store.putBytes()).isEqualTo(40);
      assertThat(store.read("a", 10)).hasSize(10);
      store.getRange("b", 2, 3).close();
      assertThatThrownBy(() -> store.get("c")).isInstanceOf(MissingObjectException.class);
      assertThat(store.gets()).isEqualTo(3);
      assertThat(store.list("", "").objects()).hasSize(2);
      store.deleteAll(List.of("a", "b"));
      assertThat(store.lists()).isEqualTo(1);
      assertThat(store.deletes()).isEqualTo(1);
      assertThat(store.deletedKeys()).isEqualTo(2);
      assertThat(store.requests()).isEqualTo(9);
      assertThat(files.list("", "").objects()).isEmpty();
      assertThat(store).hasToString(files.toString());
    }
  }

  @Test
  void writes_areTimed_andTheFirstIsKnownUntilRestart() {
    var nanos = new AtomicLong(100);
    var slow =
        new FaultInjectingStore(new FileObjectStore(directory), 1)
            .beforeCall((operation, key) -> nanos.addAndGet(7));
    try (var store = new CountingStore(slow, nanos::get)) {
      assertThat(store.firstPut()).isEmpty();
      store.put("a", BODY);
      store.putIfAbsent("b", BODY);
      assertThat(store.putNanos()).isEqualTo(14);
      assertThat(store.firstPut()).hasValue(100);
      store.restart();
      assertThat(store.firstPut()).isEmpty();
      store.put("c", BODY);
      assertThat(store.firstPut()).hasValue(114);
      assertThat(store.putNanos()).isEqualTo(21);
    }
  }
}
