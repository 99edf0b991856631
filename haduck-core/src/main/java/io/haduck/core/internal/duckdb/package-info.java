/**
 * DuckDB's file formats, read only: the database file with its headers, free list and block
 * checksums, and its write-ahead log. What the code calls the storage facts is docs/STORAGE.md.
 */
@NullMarked
package io.haduck.core.internal.duckdb;

import org.jspecify.annotations.NullMarked;
