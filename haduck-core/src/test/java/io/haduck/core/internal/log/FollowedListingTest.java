package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A log is followed by listings in which what was just written is missing. */
class FollowedListingTest {
  private final Seed seed = new Seed(FollowedListingTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final History history = new History(seed.random);
  private long nanos;
  private Instant wall = Instant.parse("2026-01-01T00:00:00Z");

  /** How many listings do not show it, though others behind it. */
  private int blind;

  private String unseen = "";

  private final FollowedLog followed = new FollowedLog(unordered(), () -> nanos, () -> wall);

  /** As a directory is listed while files are created: in no order, and not at one moment. */
  private ObjectStore unordered() {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(memory, arguments);
                return answer instanceof Listing listing ? withoutUnseen(listing) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private Listing withoutUnseen(Listing listing) {
    List<Listing.Entry> shown =
        listing.objects().stream().filter(entry -> !entry.key().equals(unseen)).toList();
    if (blind == 0 || shown.size() == listing.objects().size()) {
      return listing;
    }
    blind--;
    return new Listing(shown, listing.truncated(), listing.storeTime());
  }

  @Test
  void look_byListingsThatDoNotShowOneOfTheNewest_comesToTheHead() {
    history.commit(memory, history.base(4));
    assertThat(followed.begin()).isTrue();
    for (int round = 0; round < 100; round++) {
      long next = history.head().position().seq() + 1;
      int more = 2 + seed.random.nextInt(20);
      for (int i = 0; i < more; i++) {
        history.commit(memory, history.tinyWal());
      }
      unseen = LogKeys.changeset(next + seed.random.nextInt(more - 1));
      blind = seed.random.nextInt(4);
      pass(Duration.ofSeconds(seed.random.nextInt(40)));
      assertThat(followed.look().changesets()).isEqualTo(more);
      SameState.assertSame(followed.state(), history.head());
    }
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
    wall = wall.plus(time);
  }
}
