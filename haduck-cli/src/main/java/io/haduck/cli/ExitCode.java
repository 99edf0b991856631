package io.haduck.cli;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.LocalFileException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnopenedException;
import io.haduck.core.UnsupportedDatabaseException;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a command ended, for scripts; docs/reference/cli.md promises them. */
enum ExitCode {
  DONE(0),
  INTERNAL(1),
  USAGE(2),
  DAMAGED(3),
  UNREACHABLE(4),
  REFUSED(5),
  NO_REPLICA(10),
  HELD(11),
  DIVERGED(13),
  OUTSIDE(14);

  private static final Map<Class<? extends HaduckException>, ExitCode> OF_ERRORS =
      new LinkedHashMap<>();

  static {
    OF_ERRORS.put(InvalidConfigurationException.class, USAGE);
    OF_ERRORS.put(StoreAccessException.class, REFUSED);
    OF_ERRORS.put(CorruptDataException.class, DAMAGED);
    OF_ERRORS.put(MissingObjectException.class, DAMAGED);
    OF_ERRORS.put(UnopenedException.class, DAMAGED);
    OF_ERRORS.put(UnavailableException.class, UNREACHABLE);
    OF_ERRORS.put(LocalFileException.class, REFUSED);
    OF_ERRORS.put(UnsupportedDatabaseException.class, REFUSED);
    OF_ERRORS.put(LeaseHeldException.class, HELD);
    OF_ERRORS.put(FencedException.class, DIVERGED);
    OF_ERRORS.put(DivergedException.class, DIVERGED);
  }

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** Returns the code of an error of the engine's, or of an unforeseen one. */
  static ExitCode of(Throwable error) {
    if (error instanceof CommandFailure failure) {
      return failure.code();
    }
    return OF_ERRORS.entrySet().stream()
        .filter(it -> it.getKey().isInstance(error))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(INTERNAL);
  }
}
