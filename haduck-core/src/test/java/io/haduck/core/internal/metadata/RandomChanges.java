package io.haduck.core.internal.metadata;

import java.sql.SQLException;
import java.util.List;
import java.util.Random;

/** Changes a database at random; what DuckDB refuses is left out. */
final class RandomChanges {
  private static final List<String> TYPES =
      List.of(
          "BIGINT",
          "VARCHAR",
          "DOUBLE",
          "INTEGER[]",
          "STRUCT(a INTEGER, b VARCHAR)",
          "DECIMAL(38, 3)",
          "TIMESTAMP",
          "BOOLEAN",
          "MAP(VARCHAR, INTEGER)",
          "INTERVAL");

  private final Random random;

  RandomChanges(Random random) {
    this.random = random;
  }

  /** Makes some changes, all seen by the next checkpoint. */
  void make(WalkedDatabase database, int changes) throws SQLException {
    for (int i = 0; i < changes; i++) {
      String table = "t" + random.nextInt(6);
      int rows = 1 << random.nextInt(18);
      int from = random.nextInt(200_000);
      switch (random.nextInt(18)) {
        case 0, 1 -> {
          database.tryToExecute("DROP TABLE IF EXISTS " + table + " CASCADE");
          database.tryToExecute(
              "CREATE TABLE "
                  + table
                  + " (i BIGINT"
                  + (random.nextBoolean() ? " PRIMARY KEY" : "")
                  + ", h UBIGINT, s VARCHAR"
                  + (random.nextInt(4) == 0 ? " UNIQUE" : "")
                  + ", x "
                  + TYPES.get(random.nextInt(TYPES.size()))
                  + ")");
        }
        case 2, 3, 4, 5 -> insert(database, table, from, rows);
        case 6, 7 ->
            database.tryToExecute("DELETE FROM " + table + " WHERE i % 11 = " + random.nextInt(11));
        case 8 ->
            database.tryToExecute(
                "DELETE FROM " + table + " WHERE i BETWEEN " + from + " AND " + (from + rows));
        case 9, 10 ->
            database.tryToExecute(
                "UPDATE " + table + " SET h = h + 1 WHERE i % 13 = " + random.nextInt(13));
        case 11 ->
            database.tryToExecute(
                "UPDATE "
                    + table
                    + " SET s = repeat('overflow' || i, "
                    + (1 + random.nextInt(3000))
                    + ") WHERE i % 1009 = "
                    + random.nextInt(1009));
        case 12 ->
            database.tryToExecute(
                "CREATE INDEX x"
                    + random.nextInt(20)
                    + " ON "
                    + table
                    + (random.nextBoolean() ? "(h)" : "(s, i)"));
        case 13 -> database.tryToExecute("DROP INDEX IF EXISTS x" + random.nextInt(20));
        case 14 -> {
          database.tryToExecute("BEGIN");
          insert(database, table, from, rows);
          database.tryToExecute("ROLLBACK");
        }
        case 15 ->
            database.tryToExecute(
                "ALTER TABLE "
                    + table
                    + (random.nextBoolean()
                        ? " ADD COLUMN c" + random.nextInt(3) + " VARCHAR DEFAULT 'added'"
                        : " DROP COLUMN IF EXISTS c" + random.nextInt(3)));
        case 16 -> database.tryToExecute(random.nextBoolean() ? "VACUUM" : "ANALYZE");
        default ->
            database.tryToExecute(
                "CREATE OR REPLACE VIEW v"
                    + random.nextInt(5)
                    + " AS SELECT i + 1 j FROM "
                    + table);
      }
    }
  }

  private void insert(WalkedDatabase database, String table, int from, int rows) {
    database.tryToExecute(
        "INSERT INTO "
            + table
            + " (i, h, s) SELECT x, hash(x), 's' || x || repeat('y', x::INTEGER % "
            + (1 + random.nextInt(90))
            + ") FROM range("
            + from
            + ", "
            + (from + rows)
            + ") r(x)");
  }
}
