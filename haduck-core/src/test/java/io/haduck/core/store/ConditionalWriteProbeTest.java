package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.file.Path;
import java.util.Collection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionalWriteProbeTest {
  @TempDir Path directory;
  private FileObjectStore files;

  @BeforeEach
  void openStore() {
    files = new FileObjectStore(directory);
  }

  @Test
  void run_onStoreThatIgnoresIfNoneMatch_saysWhatIsLostAndCleansUp() {
    var store =
        new LooseStore(files) {
          @Override
          public PutResult putIfAbsent(String key, ObjectBody body) {
            return files.put(key, body);
          }
        };

    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("n1"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("two concurrent creates of one key (If-None-Match: *) both succeeded")
        .hasMessageContaining("destroy each other's commits")
        .hasMessageContaining("Use a store that has them")
        .hasMessageNotContaining("lease");
    assertThat(files.list("", "").objects()).isEmpty();
  }

  @Test
  void run_onStoreThatRefusesButWrites_finds() {
    var store =
        new LooseStore(files) {
          @Override
          public PutResult putIfAbsent(String key, ObjectBody body) {
            PutResult result = files.putIfAbsent(key, body);
            return result.outcome() == Outcome.EXISTS
                ? PutResult.refused(Outcome.EXISTS, files.put(key, body).storeTime())
                : result;
          }
        };

    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("n2"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("a create that was refused (If-None-Match: *) still replaced");
  }

  @Test
  void run_onStoreThatIgnoresIfMatch_finds() {
    var store =
        new LooseStore(files) {
          @Override
          public PutResult putIfMatch(String key, ObjectBody body, String etag) {
            return files.put(key, body);
          }
        };

    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("n3"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("If-Match with a stale entity tag")
        .hasMessageContaining("found DONE");
  }

  @Test
  void run_onStoreThatNeverMatches_finds() {
    var store =
        new LooseStore(files) {
          @Override
          public PutResult putIfMatch(String key, ObjectBody body, String etag) {
            return files.putIfMatch(key, body, "\"other\"");
          }
        };

    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("n4"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("by its own entity tag")
        .hasMessageContaining("found MISMATCH");
  }

  @Test
  void run_onStoreThatCreatesWithIfMatch_finds() {
    var store =
        new LooseStore(files) {
          @Override
          public PutResult putIfMatch(String key, ObjectBody body, String etag) {
            PutResult result = files.putIfMatch(key, body, etag);
            return result.outcome() == Outcome.MISSING ? files.put(key, body) : result;
          }
        };

    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("n5"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("replacing an object that does not exist");
    assertThat(files.list("", "").objects()).isEmpty();
  }

  @Test
  void run_duringOutage_provesNothing() {
    var store = new FaultInjectingStore(files, 1);
    store.outage(true);

    assertThatThrownBy(() -> new ConditionalWriteProbe(store).run("n6"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("could not find out");
  }

  /** A good store on a bad line is not called a bad store. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void run_withLostAndRepeatedRequests_neverBlamesTheStore(long seed) {
    var store =
        new FaultInjectingStore(files, seed)
            .rate(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE, 0.2)
            .rate(Operation.PUT_IF_ABSENT, Fault.DUPLICATE, 0.2)
            .rate(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE, 0.2)
            .rate(Operation.PUT_IF_MATCH, Fault.LOST_RESPONSE, 0.2)
            .rate(Operation.PUT_IF_MATCH, Fault.DUPLICATE, 0.2)
            .rate(Operation.PUT_IF_MATCH, Fault.ERROR_BEFORE, 0.2);
    for (int i = 0; i < 10; i++) {
      String nonce = "n" + i;
      assertThatCode(
              () -> {
                try {
                  new ConditionalWriteProbe(store).run(nonce);
                } catch (UnavailableException e) {
                  // nothing proven: fair
                }
              })
          .as("seed %d, round %d", seed, i)
          .doesNotThrowAnyException();
    }
    assertThat(files.list("", "").objects()).isEmpty();
  }

  /** A store that a test makes worse. */
  private static class LooseStore implements ObjectStore {
    private final ObjectStore store;

    LooseStore(ObjectStore store) {
      this.store = store;
    }

    @Override
    public PutResult put(String key, ObjectBody body) {
      return store.put(key, body);
    }

    @Override
    public PutResult putIfAbsent(String key, ObjectBody body) {
      return store.putIfAbsent(key, body);
    }

    @Override
    public PutResult putIfMatch(String key, ObjectBody body, String etag) {
      return store.putIfMatch(key, body, etag);
    }

    @Override
    public StoredObject get(String key) {
      return store.get(key);
    }

    @Override
    public StoredObject getRange(String key, long offset, long length) {
      return store.getRange(key, offset, length);
    }

    @Override
    public Listing list(String prefix, String startAfter, int limit) {
      return store.list(prefix, startAfter, limit);
    }

    @Override
    public void deleteAll(Collection<String> keys) {
      store.deleteAll(keys);
    }

    @Override
    public void close() {
      store.close();
    }
  }
}
