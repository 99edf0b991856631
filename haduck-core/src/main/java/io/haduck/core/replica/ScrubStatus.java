package io.haduck.core.replica;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of comparing all blocks of the local file with what the log has of them.
 *
 * @param finished when the last one ended; null before the first
 * @param blocks that the last one compared; 0 before the first
 * @param differences that were found since the database was opened: each is a defect of the disk or
 *     of haduck, was logged as an error, and was sent
 * @param running whether one is under way
 * @param done how many blocks the one that is under way has compared
 * @param of how many
 */
public record ScrubStatus(
    @Nullable Instant finished,
    long blocks,
    long differences,
    boolean running,
    long done,
    long of) {
  static final ScrubStatus NONE = new ScrubStatus(null, 0, 0, false, 0, 0);
}
