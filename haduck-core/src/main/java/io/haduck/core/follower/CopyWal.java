package io.haduck.core.follower;

import io.haduck.core.internal.duckdb.IndexlessWal;
import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalStream;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log of one copy: brought to a state of the replica's, and proven to be that.
 * DuckDB opens a database silently at an older state if the log is missing, empty or cut off, so
 * every byte is proven before. For one thread; while no DuckDB has the copy open.
 */
final class CopyWal {
  private static final int READ_AT_ONCE = 1 << 20;

  private final CopyFiles files;
  private final FileSteps steps;

  private final FileRights rights;

  /** What the file holds; null if that is not known. */
  private @Nullable WalStream held;

  /** In which way it does. */
  private WalReplay heldAs = WalReplay.NONE;

  /** Hashes of runs of which the log counts only a part, by where they begin. */
  private final Map<Long, Digest> partly = new HashMap<>();

  CopyWal(CopyFiles files, FileRights rights, FileSteps steps) {
    this.files = files;
    this.rights = rights;
    this.steps = steps;
  }

  private Path streamFile(WalReplay replay) {
    return replay == WalReplay.WHOLE ? files.wal().wal() : files.stream();
  }

  /**
   * Makes it hold a stream.
   *
   * @param others of other copies, from which pieces are taken that are the same
   */
  void bring(WalStream target, WalReplay replay, List<CopyWal> others, RangeFetcher fetcher)
      throws IOException {
    WalStream before = heldAs == replay ? held : null;
    held = null;
    heldAs = replay;
    if (target.length() == 0 || replay == WalReplay.NONE) {
      steps.before("delete the write-ahead log");
      delete(files.wal().wal());
      delete(files.stream());
    } else {
      bringStream(target, before, streamFile(replay), others, fetcher);
      if (replay == WalReplay.WITHOUT_INDEXES) {
        leaveOutIndexes();
      } else {
        delete(files.stream());
      }
    }
    delete(files.wal().checkpoint());
    delete(files.wal().recovery());
    steps.before("sync the write-ahead log's name");
    DurableDirectories.sync(files.directory());
    held = replay == WalReplay.NONE ? null : target;
  }

  private static void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  private void bringStream(
      WalStream target,
      @Nullable WalStream before,
      Path path,
      List<CopyWal> others,
      RangeFetcher fetcher)
      throws IOException {
    try (FileChannel file = writable(path)) {
      int kept = keptRuns(target, before, file);
      List<WalRun> runs = target.runs();
      long keptEnd = kept == 0 ? 0 : runs.get(kept - 1).streamEnd();
      if (file.size() > keptEnd) {
        steps.before("cut the write-ahead log");
        file.truncate(keptEnd);
      }
      if (kept < runs.size()) {
        steps.before("write the write-ahead log");
        List<WalRun> missing = takeFrom(others, runs.subList(kept, runs.size()), file);
        try (var compression = new BlockCompression()) {
          var reader = new SliceReader(compression);
          fetcher.fetch(
              ObjectRange.join(missing),
              () ->
                  (run, stored) -> {
                    byte[] raw = reader.read(run.slice(), run.content(), stored, 0);
                    write(file, ByteBuffer.wrap(raw, 0, run.usedLength()), run.streamOffset());
                  });
        }
      }
      steps.before("sync the write-ahead log");
      file.force(true);
      notePartly(runs, file);
    }
  }

  private FileChannel writable(Path path) throws IOException {
    if (!Files.exists(path)) {
      rights.create(path).close();
    }
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** How many of the first runs the file holds already. */
  private int keptRuns(WalStream target, @Nullable WalStream before, FileChannel file)
      throws IOException {
    List<WalRun> runs = target.runs();
    for (int i = 0; i < runs.size(); i++) {
      WalRun run = runs.get(i);
      boolean known =
          before != null
              && i < before.runs().size()
              && before.runs().get(i).content().equals(run.content())
              && before.runs().get(i).usedLength() >= run.usedLength();
      if (run.streamEnd() > file.size() || !(known || holds(file, run))) {
        return i;
      }
    }
    return runs.size();
  }

  private boolean holds(FileChannel file, WalRun run) throws IOException {
    return run.isWhole() && hash(file, run).equals(run.content().sha256());
  }

  private static Digest hash(FileChannel file, WalRun run) throws IOException {
    byte[] bytes = new byte[run.usedLength()];
    int read = read(file, bytes, run.streamOffset());
    return Digest.sha256(bytes, 0, read);
  }

  private static int read(FileChannel file, byte[] bytes, long position) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) > 0) {
      // until it is full, or the file ends
    }
    return buffer.position();
  }

  private static void write(FileChannel file, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  /** Takes the runs that another copy has, and returns the others. */
  private static List<WalRun> takeFrom(List<CopyWal> others, List<WalRun> runs, FileChannel file)
      throws IOException {
    List<WalRun> missing = runs;
    for (CopyWal other : others) {
      missing = other.give(missing, file);
    }
    return missing;
  }

  private List<WalRun> give(List<WalRun> runs, FileChannel to) throws IOException {
    Path path = Files.exists(files.stream()) ? files.stream() : files.wal().wal();
    if (runs.isEmpty() || held == null || !Files.exists(path)) {
      return runs;
    }
    List<WalRun> missing = new ArrayList<>();
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      for (WalRun run : runs) {
        byte[] bytes = new byte[run.usedLength()];
        if (run.isWhole()
            && run.streamEnd() <= file.size()
            && read(file, bytes, run.streamOffset()) == bytes.length
            && Digest.sha256(bytes).equals(run.content().sha256())) {
          write(to, ByteBuffer.wrap(bytes), run.streamOffset());
        } else {
          missing.add(run);
        }
      }
    }
    return missing;
  }

  /** Called when all of them were just written, or are known. */
  private void notePartly(List<WalRun> runs, FileChannel file) throws IOException {
    partly.clear();
    for (WalRun run : runs) {
      if (!run.isWhole()) {
        partly.put(run.streamOffset(), hash(file, run));
      }
    }
  }

  private void leaveOutIndexes() throws IOException {
    try (FileChannel stream = FileChannel.open(files.stream(), StandardOpenOption.READ);
        FileChannel wal = writable(files.wal().wal())) {
      steps.before("write the write-ahead log without indexes");
      wal.truncate(0);
      new IndexlessWal(stream).copy(0, bytes -> write(wal, bytes, wal.size()));
      steps.before("sync the write-ahead log without indexes");
      wal.force(true);
    }
  }

  /** Returns what is wrong with it; null if it is that stream, byte for byte. */
  @Nullable String difference(WalStream target, WalReplay replay) throws IOException {
    if (Files.exists(files.wal().checkpoint()) || Files.exists(files.wal().recovery())) {
      return files.wal().checkpoint() + " or its .recovery is there, and belongs to nobody";
    }
    boolean none = target.length() == 0 || replay == WalReplay.NONE;
    if (none || !Files.exists(streamFile(replay))) {
      return none == !Files.exists(files.wal().wal())
          ? null
          : files.wal().wal() + (none ? " is there" : " is missing");
    }
    try (FileChannel file = FileChannel.open(streamFile(replay), StandardOpenOption.READ)) {
      if (file.size() != target.length()) {
        return streamFile(replay) + " has " + file.size() + " bytes, expected " + target.length();
      }
      for (WalRun run : target.runs()) {
        Digest expected = run.isWhole() ? run.content().sha256() : partly.get(run.streamOffset());
        if (!hash(file, run).equals(expected)) {
          return streamFile(replay) + " has other bytes from " + run.streamOffset() + " on";
        }
      }
      return replay == WalReplay.WITHOUT_INDEXES ? filteredDifference(file) : null;
    }
  }

  private @Nullable String filteredDifference(FileChannel stream) throws IOException {
    if (!Files.exists(files.wal().wal())) {
      return files.wal().wal() + " is missing";
    }
    MessageDigest expected = sha256();
    new IndexlessWal(stream).copy(0, expected::update);
    MessageDigest found = sha256();
    try (FileChannel wal = FileChannel.open(files.wal().wal(), StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(READ_AT_ONCE);
      while (wal.read(buffer) > 0) {
        found.update(buffer.flip());
        buffer.clear();
      }
    }
    return MessageDigest.isEqual(expected.digest(), found.digest())
        ? null
        : files.wal().wal() + " is not what is left of the log without its indexes";
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }
}
