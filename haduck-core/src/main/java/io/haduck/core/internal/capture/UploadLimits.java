package io.haduck.core.internal.capture;

/**
 * How much memory and how many connections a capture may use for what it sends.
 *
 * @param inlineBytes up to which a commit is one object, its data inside the changeset
 * @param segmentBytes at which a segment is closed and sent
 * @param uploads segments that may be in flight at the same time, at most
 * @param workers threads that read, hash and compress
 */
public record UploadLimits(int inlineBytes, int segmentBytes, int uploads, int workers) {
  private static final int MIB = 1 << 20;

  /** Sized by the heap: at 256 MiB it takes about 30 MiB, at 2 GiB and more about 210. */
  public static UploadLimits forThisMachine() {
    long heap = Runtime.getRuntime().maxMemory();
    int segment = (int) Math.min(16L * MIB, Math.max(4L * MIB, heap / 128));
    int uploads = (int) Math.min(8, Math.max(4, heap / 16 / segment));
    int processors = Runtime.getRuntime().availableProcessors();
    return new UploadLimits(8 * MIB, segment, uploads, Math.min(4, Math.max(2, processors)));
  }
}
