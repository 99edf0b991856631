package io.haduck.examples.boot;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Keeps numbered notes in a database that is replicated. Nothing in it is there for haduck's sake,
 * but for the URL in {@code application.properties}.
 */
@SpringBootApplication
public class BootApplication {
  /** Starts it; SIGTERM ends it. */
  public static void main(String[] arguments) {
    SpringApplication.run(BootApplication.class, arguments);
  }
}
