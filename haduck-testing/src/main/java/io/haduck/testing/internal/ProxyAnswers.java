package io.haduck.testing.internal;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** What {@link FaultyProxy} answers in the place of the server. */
final class ProxyAnswers {
  /** How many answers {@link #ofAGateway} has. */
  static final int KINDS = 4;

  private ProxyAnswers() {}

  /** One of {@link #KINDS} errors that servers and gateways give when they are tired. */
  static String ofAGateway(int kind) {
    return switch (kind) {
      case 0 -> error(503, "SlowDown");
      case 1 -> error(503, "ServiceUnavailable");
      case 2 -> error(500, "InternalError");
      default ->
          response(
              502,
              "text/html",
              "<html><body><h1>502 Bad Gateway</h1></body></html>",
              new String[0]);
    };
  }

  /**
   * An error of S3.
   *
   * @param code such as {@code AccessDenied}
   * @param headers lines such as {@code x-amz-bucket-region: eu-west-1}
   */
  static String error(int status, String code, String... headers) {
    return response(
        status,
        "application/xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
            + code
            + "</Code><Message>said the proxy</Message><RequestId>PROXY-1</RequestId></Error>",
        headers);
  }

  private static String response(int status, String type, String body, String[] headers) {
    String date =
        Arrays.stream(headers).anyMatch(header -> header.startsWith("Date:"))
            ? ""
            : "Date: "
                + DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC))
                + "\r\n";
    var lines = new StringBuilder("HTTP/1.1 " + status + " Fault\r\n" + date);
    for (String header : headers) {
      lines.append(header).append("\r\n");
    }
    return lines
        .append("Content-Type: " + type + "\r\nContent-Length: " + body.length() + "\r\n\r\n")
        .append(body)
        .toString();
  }
}
