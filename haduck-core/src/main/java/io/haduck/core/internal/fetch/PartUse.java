package io.haduck.core.internal.fetch;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.log.ObjectPart;
import java.io.IOException;

/** What is done with the parts that one thread fetches; in the order of each range. */
@FunctionalInterface
public interface PartUse<P extends ObjectPart> {
  /**
   * Verifies and uses a part.
   *
   * @param stored begins with its stored bytes; it may be longer, and is used again afterwards
   * @throws CorruptDataException if they are not what they should be; they are then fetched once
   *     more
   */
  void accept(P part, byte[] stored) throws IOException;

  /** Finishes what was kept back; after the thread's last part, unless something has failed. */
  default void end() throws IOException {}
}
