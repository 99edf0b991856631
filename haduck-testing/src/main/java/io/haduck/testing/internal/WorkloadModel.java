package io.haduck.testing.internal;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one writer of a {@link Workload} has left in the database, as its journal tells. */
final class WorkloadModel {
  /** What an entry of the journal says was done in its transaction. */
  enum Kind {
    /** Nothing but the entry. */
    SINGLE,
    /** {@code amount} rows were added to {@code items} under the entry's number. */
    ITEMS,
    /** Those of the entry {@code of} were deleted. */
    DELETED,
    /** {@code amount} rows were added to the writer's bulk table. */
    BULK,
    /** Those of the entry {@code of} were deleted. */
    BULK_DELETED,
    /** The bulk table was replaced by one with {@code amount} rows. */
    BULK_REPLACED,
    /** Something was moved between two accounts. */
    TRANSFER,
    /** A table with {@code amount} rows was created. */
    CREATED,
    /** {@code amount} rows were added to the table of the entry {@code of}. */
    INSERTED,
    /** {@code amount} was added to each of its values. */
    UPDATED,
    /** It was given one more column. */
    ALTERED,
    /** And an index. */
    INDEXED,
    /** It was dropped. */
    DROPPED,
    /** The writer's view was replaced by one that says this number. */
    VIEW
  }

  /**
   * One entry of the journal.
   *
   * @param of the number of an earlier entry of the same writer; 0 if it names none
   * @param drawn from the writer's sequence
   */
  record Entry(int writer, long n, Kind kind, long of, long amount, long drawn) {}

  /**
   * A table that the writer created: it holds the numbers from 0 to {@code rows} - 1, each raised
   * by {@code raised}.
   */
  record Table(long rows, long raised, int columns, boolean indexed) {
    long sum() {
      return rows * (rows - 1) / 2 + raised * rows;
    }
  }

  private final TreeMap<Long, Long> items = new TreeMap<>();
  private final TreeMap<Long, Long> bulks = new TreeMap<>();
  private final TreeMap<Long, Table> tables = new TreeMap<>();
  private @Nullable Long view;
  private long last;
  private long lastDrawn;

  /**
   * Follows the journal.
   *
   * @throws IllegalStateException if the entry cannot be the next one
   */
  void apply(Entry entry) {
    if (entry.n() != last + 1) {
      throw new IllegalStateException("the entry after " + last + " is " + entry);
    }
    if (entry.drawn() != 0 && entry.drawn() <= lastDrawn) {
      throw new IllegalStateException("the sequence stood at " + lastDrawn + " before " + entry);
    }
    last = entry.n();
    lastDrawn = Math.max(lastDrawn, entry.drawn());
    long of = entry.of();
    switch (entry.kind()) {
      case SINGLE, TRANSFER -> {}
      case ITEMS -> items.put(entry.n(), entry.amount());
      case DELETED -> items.remove(of);
      case BULK -> bulks.put(entry.n(), entry.amount());
      case BULK_DELETED -> bulks.remove(of);
      case BULK_REPLACED -> {
        bulks.clear();
        bulks.put(entry.n(), entry.amount());
      }
      case CREATED -> tables.put(entry.n(), new Table(entry.amount(), 0, 1, false));
      case INSERTED ->
          tables.computeIfPresent(
              of,
              (n, table) ->
                  new Table(
                      table.rows() + entry.amount(),
                      table.raised(),
                      table.columns(),
                      table.indexed()));
      case UPDATED ->
          tables.computeIfPresent(
              of,
              (n, table) ->
                  new Table(
                      table.rows(),
                      table.raised() + entry.amount(),
                      table.columns(),
                      table.indexed()));
      case ALTERED ->
          tables.computeIfPresent(
              of,
              (n, table) ->
                  new Table(table.rows(), table.raised(), table.columns() + 1, table.indexed()));
      case INDEXED ->
          tables.computeIfPresent(
              of, (n, table) -> new Table(table.rows(), table.raised(), table.columns(), true));
      case DROPPED -> tables.remove(of);
      case VIEW -> view = entry.n();
    }
  }

  /** The number of the last entry; 0 before the first. */
  long last() {
    return last;
  }

  /** The last value of the sequence that an entry holds. */
  long lastDrawn() {
    return lastDrawn;
  }

  /** Rows in {@code items}, by the numbers of their entries. */
  SortedMap<Long, Long> items() {
    return items;
  }

  /** Rows in the bulk table, by the numbers of their entries. */
  SortedMap<Long, Long> bulks() {
    return bulks;
  }

  /** The tables that exist, by the numbers of the entries that created them. */
  SortedMap<Long, Table> tables() {
    return tables;
  }

  /** The number that the view says; null if there is none. */
  @Nullable Long view() {
    return view;
  }
}
