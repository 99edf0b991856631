package io.haduck.examples.boot;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Sends one request after the other until the server does not take them any more. */
final class LoadClient implements Runnable {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int port;
  private final int writer;
  private final Random random;
  private final CountDownLatch first = new CountDownLatch(1);

  /** What was answered with 200, and when by {@link System#nanoTime}. */
  private final Map<String, Long> answered = new ConcurrentHashMap<>();

  private final Thread thread;

  private LoadClient(int port, int writer, long seed) {
    this.port = port;
    this.writer = writer;
    this.random = new Random(seed);
    this.thread = new Thread(this, "client-" + writer);
    thread.setDaemon(true);
  }

  static LoadClient start(int port, int writer, long seed) {
    var client = new LoadClient(port, writer, seed);
    client.thread.start();
    return client;
  }

  @Override
  public void run() {
    try {
      for (long n = 0; ; n++) {
        HttpRequest request =
            HttpRequest.newBuilder(uri(n))
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() == 200) {
          answered.put(writer + " " + n, System.nanoTime());
          first.countDown();
        }
      }
    } catch (IOException e) {
      first.countDown(); // the server is gone, or going
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private URI uri(long n) {
    String kind = random.nextBoolean() ? "note" : "transaction";
    int millis = random.nextInt(random.nextInt(5) == 0 ? 1500 : 60);
    return URI.create(
        "http://localhost:" + port + "/" + kind + "/" + writer + "/" + n + "?millis=" + millis);
  }

  void awaitFirstAnswer() throws InterruptedException {
    if (!first.await(60, TimeUnit.SECONDS)) {
      throw new AssertionError("no answer from port " + port);
    }
  }

  void join() throws InterruptedException {
    thread.join(60_000);
  }

  /** {@code writer number}. */
  Set<String> answered() {
    return answered.keySet();
  }

  long answeredAfter(long nanos) {
    return answered.values().stream().filter(at -> at - nanos > 0).count();
  }
}
