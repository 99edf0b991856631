package io.haduck.core.follower;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.log.LogState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Whether a copy is what it was brought to, asked before DuckDB opens it: the length of the
 * database, its headers, its metadata blocks, which hold every table's statistics, and every byte
 * of the write-ahead log. Nobody has the copy open.
 */
final class CopyProof {
  private CopyProof() {}

  /** Returns what is wrong; null if nothing is. */
  static @Nullable String difference(Copy copy, LogState state) throws IOException {
    Path path = copy.files().database();
    if (!copy.isUntouched()) {
      return path + " was written to by somebody else";
    }
    DatabaseFile file = DatabaseFiles.open(path);
    try {
      String ofFile = difference(file, state);
      return ofFile != null ? ofFile : copy.wal().difference(state.wal(), copy.replay());
    } finally {
      DatabaseFiles.letGo(path);
    }
  }

  private static @Nullable String difference(DatabaseFile file, LogState state) throws IOException {
    byte[] expected = state.headers().bytes();
    long length = expected.length + state.identity().blockCount() * state.identity().blockSize();
    if (file.size() != length) {
      return file + " has " + file.size() + " bytes, expected " + length;
    }
    byte[] found = new byte[expected.length];
    file.read(0, found, 0, found.length);
    if (!Arrays.equals(expected, found)) {
      return file + " has other headers";
    }
    DatabaseHeaders headers = file.readHeaders();
    FreeList freeList = FreeList.read(file, headers);
    boolean listed = freeList.metadata().getCardinality() < freeList.blockCount();
    return !listed
            || FileProof.metadata(freeList, state.index())
                .equals(FileProof.metadata(file, headers, freeList))
        ? null
        : file + " has other metadata blocks";
  }
}
