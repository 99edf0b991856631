package io.haduck.core.internal.metadata;

import java.io.IOException;
import java.util.Set;

/**
 * Reads where an index of a table lies (DuckDB: {@code IndexStorageInfo}, {@code
 * FixedSizeAllocatorInfo}). It does not say of which kind it is: the catalog does.
 */
final class IndexReader {
  private static final Set<String> KNOWN_OPTIONS = Set.of("v1_0_0_storage", "storage_version");

  private final FieldReader fields;
  private final ObjectReader objects;
  private final BlockPointers pointers;
  private final ReferenceSink sink;

  IndexReader(FieldReader fields, BlockPointers pointers, ReferenceSink sink) {
    this.fields = fields;
    this.objects = new ObjectReader(fields);
    this.pointers = pointers;
    this.sink = sink;
  }

  /** Reads an index of this table. */
  void read(String schema, String table) throws UnprovenException, IOException {
    fields.begin();
    String name = fields.has(100) ? fields.readString() : "";
    if (fields.has(101)) {
      fields.readUnsigned(); // root
    }
    if (fields.has(102)) {
      for (long left = fields.readCount(); left != 0; left--) {
        readAllocator(schema, table, name);
      }
    }
    if (fields.has(103)) {
      readOptions();
    }
    fields.end("IndexStorageInfo");
  }

  private void readAllocator(String schema, String table, String index)
      throws UnprovenException, IOException {
    fields.begin();
    if (fields.has(100)) {
      fields.readUnsigned(); // bytes of a segment
    }
    skipNumbers(101); // ids of buffers
    if (fields.has(102)) {
      for (long left = fields.readCount(); left != 0; left--) {
        int block = pointers.read(fields);
        if (block == BlockPointers.NONE) {
          throw new UnprovenException("a buffer of index " + index + " lies in no block");
        }
        sink.indexBuffer(schema, table, index, block);
      }
    }
    skipNumbers(103); // segments
    skipNumbers(104); // bytes
    skipNumbers(105); // buffers that have room
    fields.end("FixedSizeAllocatorInfo");
  }

  private void skipNumbers(int field) throws UnprovenException, IOException {
    if (fields.has(field)) {
      for (long left = fields.readCount(); left != 0; left--) {
        fields.readUnsigned();
      }
    }
  }

  private void readOptions() throws UnprovenException, IOException {
    for (long left = fields.readCount(); left != 0; left--) {
      fields.begin();
      fields.expect(0, "option of an index");
      String option = fields.readString();
      if (!KNOWN_OPTIONS.contains(option)) {
        throw new UnprovenException("option " + option + " of an index is unknown");
      }
      fields.expect(1, "option of an index");
      objects.skipValue(null);
      fields.end("option of an index");
    }
  }
}
