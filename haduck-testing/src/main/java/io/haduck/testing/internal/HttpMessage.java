package io.haduck.testing.internal;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request or an answer of HTTP/1.1 as it travels, for {@link FaultyProxy}: the first line, the
 * lines of the headers, and the body as it was sent, in chunks if it was sent so.
 */
final class HttpMessage {
  private static final int LONGEST_LINE = 64 << 10;

  private final String start;
  private final List<String> headers;
  private final byte[] body;

  private HttpMessage(String start, List<String> headers, byte[] body) {
    this.start = start;
    this.headers = headers;
    this.body = body;
  }

  /** The next one; null where the stream ends. Its body is still to be read. */
  static @Nullable HttpMessage readHead(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    String start = (char) first + line(in);
    var headers = new ArrayList<String>();
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      headers.add(header);
    }
    return new HttpMessage(start, List.copyOf(headers), new byte[0]);
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0 || line.size() > LONGEST_LINE) {
        throw new EOFException("no end of the line: " + line);
      }
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  HttpMessage withBody(byte[] newBody) {
    return new HttpMessage(start, headers, newBody);
  }

  /** Without some headers, and with others. */
  HttpMessage with(List<String> without, String... more) {
    var changed = new ArrayList<>(headers);
    changed.removeIf(header -> without.contains(name(header)));
    changed.addAll(List.of(more));
    return new HttpMessage(start, List.copyOf(changed), body);
  }

  private static String name(String header) {
    return header.substring(0, Math.max(0, header.indexOf(':'))).toLowerCase(Locale.ROOT);
  }

  /** The value of a header, by its name in lower case. */
  Optional<String> header(String name) {
    return headers.stream()
        .filter(header -> name(header).equals(name))
        .map(header -> header.substring(name.length() + 1).trim())
        .findFirst();
  }

  /** 0 if it does not say. */
  long contentLength() {
    return header("content-length").map(Long::parseLong).orElse(0L);
  }

  byte[] body() {
    return body;
  }

  /** Of a request. */
  String method() {
    return word(0);
  }

  /** Of a request: the path and what follows it. */
  String target() {
    return word(1);
  }

  /** Of an answer. */
  int status() {
    return Integer.parseInt(word(1));
  }

  private String word(int number) {
    return start.split(" ", 3)[number];
  }

  byte[] headBytes() {
    return (start + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
