package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.EmbeddedS3;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What is beside a replica, for who mistyped its name. */
class PlacesBesideTest {
  @Test
  void namesBeside_areThoseWithALog_andNoMoreThanAreWanted() {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      for (String key : new String[] {"a/log/1", "b/log/1", "photos/1", "c/log/1", "c/d/log/1"}) {
        try (ObjectStore store = s3.openStore("prefix/" + key.substring(0, key.indexOf('/')))) {
          put(store, key.substring(key.indexOf('/') + 1));
        }
      }
      try (ObjectStore slip = s3.openStore("prefix/slip");
          ObjectStore one = s3.openStore("prefix/b");
          ObjectStore all = s3.openStore("");
          ObjectStore other = s3.openStore("slip")) {
        assertThat(slip.namesBeside("log/", 5)).containsExactly("a", "b", "c");
        assertThat(slip.namesBeside("log/", 2)).containsExactly("a", "b");
        assertThat(one.namesBeside("log/", 5)).containsExactly("a", "c");
        assertThat(all.namesBeside("log/", 5)).isEmpty();
        assertThat(other.namesBeside("log/", 5)).isEmpty();
      }
    }
  }

  private static void put(ObjectStore store, String key) {
    store.put(key, ObjectBody.of("x".getBytes(StandardCharsets.UTF_8)));
  }
}
