package io.haduck.core.follower;

import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileSteps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The copies of a follower: two, as a rule, of which one is shown while the other is written to; a
 * third and a fourth while readers hold the older ones. For one thread.
 */
final class Copies {
  private final List<Copy> places = new ArrayList<>();

  /** The copies that there may be, in directories named by number. */
  Copies(Path directory, Path fileName, int most, FileRights rights, FileSteps steps) {
    for (int number = 1; number <= most; number++) {
      Path own = directory.resolve(Integer.toString(number));
      places.add(new Copy(CopyFiles.in(own, fileName), rights, steps));
    }
  }

  /** All places, whether or not there is a copy. */
  List<Copy> places() {
    return places;
  }

  /** Those that lie on the disk. */
  List<Copy> present() {
    return places.stream().filter(Copy::isPresent).toList();
  }

  /** Those that bytes may be taken from, other than one. */
  List<Copy> others(Copy than) {
    return present().stream().filter(copy -> copy != than && !copy.isGivenAway()).toList();
  }

  /** How many of them somebody has open, besides the one that is shown. */
  int held(@Nullable Copy shown) throws IOException {
    int held = 0;
    for (Copy copy : present()) {
      held += copy != shown && copy.isOpen() ? 1 : 0;
    }
    return held;
  }

  /**
   * Those that may be written to, the best first: what is nearest to the log's head, then one that
   * does not exist yet.
   */
  List<Copy> free(@Nullable Copy shown) throws IOException {
    List<Copy> free = new ArrayList<>();
    for (Copy copy : places) {
      if (copy != shown && !copy.isGivenAway() && !(copy.isPresent() && copy.isOpen())) {
        free.add(copy);
      }
    }
    free.sort(
        Comparator.comparing((Copy copy) -> !copy.isPresent())
            .thenComparing(Comparator.comparingLong(Copy::seq).reversed()));
    return free;
  }
}
