package io.haduck.examples.boot;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Takes notes: an answer of 200 says that the note is committed. */
@RestController
class NotesController {
  private static final String INSERT = "INSERT INTO note VALUES (?, ?)";

  private final JdbcTemplate jdbc;
  private final TransactionTemplate transactions;

  NotesController(JdbcTemplate jdbc, PlatformTransactionManager transactionManager) {
    this.jdbc = jdbc;
    this.transactions = new TransactionTemplate(transactionManager);
    jdbc.execute("CREATE TABLE IF NOT EXISTS note (writer INTEGER, n BIGINT)");
  }

  @PostMapping("/note/{writer}/{n}")
  String note(@PathVariable int writer, @PathVariable long n, @RequestParam long millis)
      throws InterruptedException {
    Thread.sleep(millis); // a request that takes its time
    jdbc.update(INSERT, writer, n);
    return "noted";
  }

  @PostMapping("/transaction/{writer}/{n}")
  String transaction(@PathVariable int writer, @PathVariable long n, @RequestParam long millis) {
    transactions.executeWithoutResult(
        status -> {
          jdbc.update(INSERT, writer, n);
          jdbc.queryForObject("SELECT count(*) FROM note", Long.class);
          takeTime(millis);
        });
    return "noted";
  }

  private static void takeTime(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
