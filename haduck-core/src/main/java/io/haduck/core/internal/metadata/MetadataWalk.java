package io.haduck.core.internal.metadata;

import io.haduck.core.internal.duckdb.DatabaseHeader;
import io.haduck.core.internal.metadata.WalkResult.Unproven;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/**
 * Finds the blocks that one header of a database refers to: catalog, tables and indexes, row
 * groups, column segments, blocks.
 *
 * <p>Nothing is guessed: a field, type, compression, kind of index or of catalog entry that is
 * unknown makes it unproven. No more is read than the metadata blocks hold, and no list is longer
 * than what was read. Thread-safe: no state.
 */
final class MetadataWalk {
  // DuckDB's CatalogType
  private static final long TABLE_ENTRY = 1;
  private static final long INDEX_ENTRY = 4;

  private static final int ENTRY_TYPE = 99;
  private static final int ENTRY_INFO = 100;

  private final DatabaseHeader header;
  private final MetadataSpace space;
  private final BlockPointers pointers;
  private final ReferenceSink sink;
  private int tables;

  private MetadataWalk(DatabaseHeader header, MetadataSpace space, ReferenceSink sink) {
    this.header = header;
    this.space = space;
    this.pointers = new BlockPointers(header);
    this.sink = sink;
  }

  /**
   * Reads all of a header's metadata.
   *
   * @param header of a plain database; what is found counts only if it is still there afterwards
   * @param blocks where its metadata blocks are read from
   * @throws IOException if reading fails; what is wrong with the content is {@link Unproven}
   */
  public static WalkResult walk(DatabaseHeader header, MetadataBlocks blocks) throws IOException {
    BlockReferences references = new BlockReferences();
    try {
      MetadataSpace space = new MetadataSpace(header, blocks);
      BlockLists lists = lists(header, space);
      space.limitTo(lists.metadata(), lists.freeParts());
      int tables = walk(header, space, references);
      return new Walked(references.counted(), lists, tables, space.bytesRead());
    } catch (UnprovenException e) {
      return new Unproven(e.reason());
    }
  }

  /** Reads what the space holds into the sink, and returns how many tables there are. */
  static int walk(DatabaseHeader header, MetadataSpace space, ReferenceSink sink)
      throws UnprovenException, IOException {
    MetadataWalk walk = new MetadataWalk(header, space, sink);
    if (!header.metaBlockPointer().isNone()) {
      walk.readCatalog();
    }
    return walk.tables;
  }

  /** The lists that the header points at; a database that was just made has none. */
  static BlockLists lists(DatabaseHeader header, MetadataSpace space)
      throws UnprovenException, IOException {
    if (!header.freeListPointer().isNone()) {
      return BlockLists.read(header, space);
    }
    if (header.blockCount() > 0 || !header.metaBlockPointer().isNone()) {
      throw new UnprovenException("the header lists no blocks");
    }
    return new BlockLists(new RoaringBitmap(), Map.of(), new RoaringBitmap(), Map.of());
  }

  private void readCatalog() throws UnprovenException, IOException {
    FieldReader fields = new FieldReader(new MetadataChain(space, header.metaBlockPointer(), 0));
    fields.begin();
    fields.expect(100, "catalog");
    for (long left = fields.readCount(); left != 0; left--) {
      readEntry(fields);
    }
    fields.end("catalog");
  }

  private void readEntry(FieldReader fields) throws UnprovenException, IOException {
    fields.begin();
    fields.expect(ENTRY_TYPE, "catalog entry");
    long type = fields.readUnsigned();
    fields.expect(ENTRY_INFO, "catalog entry");
    if (!fields.readPresent()) {
      throw new UnprovenException("a catalog entry of type " + type + " is empty");
    }
    StoredObject info = new ObjectReader(fields).read("CreateInfo");
    if (info.number(ENTRY_INFO, 0) != type) {
      throw new UnprovenException(
          "a catalog entry of type " + type + " holds one of type " + info.number(ENTRY_INFO, 0));
    }
    if (type == TABLE_ENTRY) {
      readTable(fields, info);
    } else if (type == INDEX_ENTRY) {
      String kind = info.string(209);
      if (!kind.isEmpty() && !kind.equals("ART")) {
        throw new UnprovenException(
            "index " + info.string(200) + " is of an unknown kind, " + kind);
      }
    }
    fields.end("catalog entry of type " + type);
  }

  private void readTable(FieldReader fields, StoredObject info)
      throws UnprovenException, IOException {
    String schema = info.string(102);
    String name = info.string(200);
    fields.expect(101, "table");
    TableReader.Place data = TableReader.readPlace(fields);
    fields.expect(102, "table");
    fields.readUnsigned(); // rows
    if (fields.has(103) && fields.readCount() != 0) {
      throw new UnprovenException("table " + name + " has indexes of DuckDB before 1.0");
    }
    if (fields.has(104)) {
      IndexReader indexes = new IndexReader(fields, pointers, sink);
      for (long left = fields.readCount(); left != 0; left--) {
        indexes.read(schema, name);
      }
    }
    if (fields.has(105)) {
      fields.readUnsigned(); // next row
    }
    new TableReader(space, pointers, sink).read(data, columns(info));
    tables++;
  }

  /** The types of the columns that are stored: all that are not computed when read. */
  private static List<StoredType> columns(StoredObject info) throws UnprovenException {
    StoredObject list = info.object(201);
    if (list == null) {
      throw new UnprovenException("a table has no columns");
    }
    List<StoredType> types = new ArrayList<>();
    for (StoredObject column : list.objects(100)) {
      long category = column.number(103, 0);
      StoredObject type = column.object(101);
      if (category > 1 || category < 0 || type == null) {
        throw new UnprovenException("a column of an unknown kind, " + category);
      }
      if (category == 0) {
        types.add(StoredType.of(type));
      }
    }
    return types;
  }
}
