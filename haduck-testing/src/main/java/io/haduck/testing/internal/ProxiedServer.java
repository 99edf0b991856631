package io.haduck.testing.internal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The server behind a {@link FaultyProxy}. */
final class ProxiedServer {
  private static final Set<String> HOP_BY_HOP = Set.of("connection", "keep-alive", "expect");

  private final URI address;
  private final AtomicInteger told = new AtomicInteger();
  private volatile List<Duration> clocks = List.of();

  /** At {@code http://host:port}. */
  ProxiedServer(URI address) {
    this.address = address;
  }

  /** The next one of these is added to the time of each answer. */
  void clocks(List<Duration> ahead) {
    clocks = ahead;
  }

  /** Carries a request to the server, on a connection of its own. */
  HttpMessage ask(HttpMessage request) throws IOException {
    try (var upstream = new Socket(address.getHost(), address.getPort())) {
      upstream.setTcpNoDelay(true);
      upstream.setSoTimeout(60_000);
      OutputStream out = upstream.getOutputStream();
      out.write(request.with(List.copyOf(HOP_BY_HOP), "Connection: close").headBytes());
      out.write(request.body());
      out.flush();
      InputStream in = new BufferedInputStream(upstream.getInputStream());
      HttpMessage head = HttpMessage.readHead(in);
      while (head != null && head.status() == 100) {
        head = HttpMessage.readHead(in);
      }
      if (head == null) {
        throw new IOException(address + " hung up");
      }
      byte[] body = in.readAllBytes();
      HttpMessage answer = atAClock(head.with(List.of("connection", "keep-alive"))).withBody(body);
      boolean delimited =
          request.method().equals("HEAD")
              || head.status() == 204
              || head.status() == 304
              || head.header("content-length").isPresent()
              || head.header("transfer-encoding").isPresent();
      return delimited ? answer : answer.with(List.of(), "Content-Length: " + body.length);
    }
  }

  private HttpMessage atAClock(HttpMessage answer) throws IOException {
    List<Duration> now = clocks;
    String date = answer.header("date").orElse("");
    if (now.isEmpty() || date.isEmpty()) {
      return answer;
    }
    Duration ahead = now.get(Math.floorMod(told.getAndIncrement(), now.size()));
    try {
      ZonedDateTime set =
          ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).plus(ahead);
      return answer.with(
          List.of("date"), "Date: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(set));
    } catch (DateTimeException e) {
      throw new IOException(address + " says Date: " + date, e);
    }
  }
}
