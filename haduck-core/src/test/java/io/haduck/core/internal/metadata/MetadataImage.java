package io.haduck.core.internal.metadata;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeader;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.util.HashMap;
import java.util.Map;

/** A header and its metadata blocks, in memory. */
record MetadataImage(DatabaseHeader header, Map<Integer, byte[]> blocks) {

  /** That of the active header of a database at rest. */
  static MetadataImage of(WalkedDatabase database) throws Exception {
    DatabaseFile file = database.file();
    DatabaseHeaders headers = file.readHeaders();
    DatabaseFileBlocks source = new DatabaseFileBlocks(file, headers);
    Map<Integer, byte[]> blocks = new HashMap<>();
    for (int id : ((Walked) database.walk()).lists().metadata()) {
      blocks.put(id, source.read(id));
    }
    return new MetadataImage(headers.active(), blocks);
  }

  /** These blocks before any others. */
  MetadataBlocks with(Map<Integer, byte[]> others) {
    return id -> {
      byte[] block = others.getOrDefault(id, blocks.get(id));
      if (block == null) {
        throw new CorruptDataException("block " + id + " is no metadata block");
      }
      return block;
    };
  }

  WalkResult walk() throws Exception {
    return MetadataWalk.walk(header, with(Map.of()));
  }
}
