package io.haduck.core.internal.watch;

import io.haduck.core.internal.duckdb.ObservationSteps;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/**
 * Lets DuckDB do something before one of the operations of a look, seldom before several, and
 * remembers what it was.
 */
final class Pauses implements ObservationSteps {
  /** More operations than a look has as a rule. */
  private static final int OPERATIONS = 18;

  private final MarkedCommits duck;
  private final Random random;
  private final List<String> told = new ArrayList<>();
  private final BitSet pauses = new BitSet();
  private int operation = Integer.MAX_VALUE;

  Pauses(MarkedCommits duck, Random random) {
    this.duck = duck;
    this.random = random;
  }

  /** Some looks begin; what was told of those before is forgotten. */
  void forget() {
    told.clear();
  }

  /** A look begins. */
  void begin() {
    told.add("look");
    pauses.clear();
    operation = 0;
    int several = random.nextInt(10);
    for (int i = 0; i <= (several < 7 ? 0 : several - 6); i++) {
      pauses.set(random.nextInt(OPERATIONS));
    }
  }

  /** The look is over. */
  void end() {
    operation = Integer.MAX_VALUE;
  }

  @Override
  public void before(String what, Path file) {
    if (operation == Integer.MAX_VALUE || !pauses.get(operation++)) {
      return;
    }
    try {
      told.add(act() + " before " + what + " " + file.getFileName());
    } catch (SQLException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String act() throws SQLException, IOException {
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> {
        duck.commit();
        yield "committed";
      }
      case 3 -> {
        duck.rollBack();
        yield "rolled back";
      }
      case 4 -> {
        duck.quiesce();
        yield "waited until all was quiet";
      }
      case 5 -> {
        duck.beginCheckpoint();
        duck.quiesce();
        yield "checkpointed";
      }
      default -> {
        duck.beginCheckpoint();
        yield "began a checkpoint, and made "
            + duck.commitBesideCheckpoint()
            + " commits beside it";
      }
    };
  }

  @Override
  public String toString() {
    return told.toString();
  }
}
