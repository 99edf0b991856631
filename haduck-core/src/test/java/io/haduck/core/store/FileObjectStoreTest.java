package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileObjectStoreTest {
  @TempDir Path directory;

  @Test
  void putIfAbsent_ofExistingKey_keepsTheFirst() {
    try (var store = new FileObjectStore(directory.resolve("a/b"))) {
      var first = ObjectBody.of(new byte[] {1, 2});
      assertThat(store.putIfAbsent("log/1", first).outcome()).isEqualTo(PutResult.Outcome.DONE);
      assertThat(store.putIfAbsent("log/1", ObjectBody.of(new byte[3])).outcome())
          .isEqualTo(PutResult.Outcome.EXISTS);
      assertThat(store.read("log/1", 100)).containsExactly(1, 2);
      assertThat(store.list("log/", "").objects()).containsExactly(new Listing.Entry("log/1", 2));
    }
  }
}
