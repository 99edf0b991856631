/**
 * DuckDB's file formats, read only: the database file with its headers, free list and block
 * checksums, and its write-ahead log. The facts that it relies on stand in
 * docs/internals/duckdb-files.md.
 */
@NullMarked
package io.haduck.core.internal.duckdb;

import org.jspecify.annotations.NullMarked;
