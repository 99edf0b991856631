package io.haduck.s3;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.haduck.core.Ticker;
import io.haduck.core.store.ReplicaLocation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An HTTP server that gives the answers it is told to, one after the other and the last one for
 * ever: for what a well-behaved S3 server cannot be brought to say.
 */
final class ScriptedServer implements AutoCloseable {

  /** Answers one request. */
  @FunctionalInterface
  interface Answer {
    void give(HttpExchange exchange) throws IOException;
  }

  /** One request as it arrived. */
  record Request(String method, String path, Map<String, List<String>> headers) {
    String header(String name) {
      return headers.getOrDefault(name, List.of("")).get(0);
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Answer> answers;
  private final Queue<Request> requests = new ConcurrentLinkedQueue<>();

  ScriptedServer(Answer... answers) throws IOException {
    this.answers = new ArrayDeque<>(List.of(answers));
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** An error as S3 writes it. */
  static Answer error(int status, String code, String... headers) {
    return saying(status, code, "said the server", headers);
  }

  /** An error with a text of its own. */
  static Answer saying(int status, String code, String text, String... headers) {
    return exchange -> {
      byte[] body =
          ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
                  + code
                  + "</Code><Message>"
                  + text
                  + "</Message><RequestId>REQ-1</RequestId></Error>")
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/xml");
      exchange.getResponseHeaders().set("x-amz-request-id", "REQ-1");
      send(exchange, status, body, body.length, headers);
    };
  }

  /** Success with a body; header names and values in turn. */
  static Answer ok(int status, String body, String... headers) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return exchange -> send(exchange, status, bytes, bytes.length, headers);
  }

  /** Promises more bytes than it sends. */
  static Answer truncated(String body, int promised, String... headers) {
    return exchange ->
        send(exchange, 200, body.getBytes(StandardCharsets.UTF_8), promised, headers);
  }

  /** Hangs up without an answer. */
  static Answer hangUp() {
    return HttpExchange::close;
  }

  private static void send(
      HttpExchange exchange, int status, byte[] body, int length, String... headers)
      throws IOException {
    for (int i = 0; i < headers.length; i += 2) {
      exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
    }
    boolean bodiless = exchange.getRequestMethod().equals("HEAD") || length == 0;
    exchange.sendResponseHeaders(status, bodiless ? -1 : length);
    if (!bodiless) {
      exchange.getResponseBody().write(body);
      exchange.getResponseBody().flush();
    }
    exchange.close();
  }

  private void handle(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    requests.add(
        new Request(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            new HashMap<>(exchange.getRequestHeaders())));
    Answer answer;
    synchronized (answers) {
      answer = answers.size() > 1 ? answers.remove() : answers.element();
    }
    answer.give(exchange);
  }

  /** What has arrived so far. */
  List<Request> requests() {
    return Collections.unmodifiableList(new ArrayList<>(requests));
  }

  /** Settings that reach it. */
  Map<String, String> settings() {
    return Map.of(
        "s3.endpoint",
        "http://127.0.0.1:" + server.getAddress().getPort(),
        "s3.access_key",
        "access",
        "s3.secret_key",
        "very-secret");
  }

  /** A store on it. */
  S3ObjectStore openStore(Map<String, String> more) {
    var all = new HashMap<>(settings());
    all.putAll(more);
    var location = new ReplicaLocation("s3", "bucket", "prefix/db");
    S3Settings parsed = S3Settings.of(all);
    return new S3ObjectStore(S3Clients.open(location, parsed), location, parsed, Ticker.system());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
