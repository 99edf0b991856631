package io.haduck.core.internal.duckdb;

/** What follows the last commit of a WAL file. */
enum WalTail {
  /** Nothing. */
  CLEAN,
  /** Part of an entry, entries without a flush, or part of the version record. */
  INCOMPLETE,
  /** A whole entry whose checksum does not hold: being written, or damaged. */
  CHECKSUM_MISMATCH
}
