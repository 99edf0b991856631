package io.haduck.examples.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FailoverTest {
  @Test
  void main_afterAKillAndAHandOver_hasEveryRow() throws Exception {
    PrintStream console = System.out;
    var transcript = new ByteArrayOutputStream();
    System.setOut(new PrintStream(transcript, true, StandardCharsets.UTF_8));
    try {
      Failover.main(new String[0]);
    } finally {
      System.setOut(console);
    }

    assertThat(transcript.toString(StandardCharsets.UTF_8))
        .contains("second has written after")
        .contains("handed over    to first")
        .contains("proven");
  }
}
