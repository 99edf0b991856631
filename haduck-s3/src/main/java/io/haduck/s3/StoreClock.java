package io.haduck.s3;

import io.haduck.core.StoreAccessException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * Reads the store's clock off its answers: the {@code Date} header (RFC 9110), in whole seconds.
 */
final class StoreClock {
  private StoreClock() {}

  /**
   * When the store answered.
   *
   * @throws StoreAccessException if the answer does not say so
   */
  static Instant of(SdkHttpResponse response) {
    String date = response.firstMatchingHeader("Date").orElse("");
    try {
      return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeException e) {
      throw new StoreAccessException(
          "the store's answers carry "
              + (date.isEmpty() ? "no Date header" : "the Date header '" + date + "'")
              + ", so that writers cannot tell how old what they know is; is there a proxy in"
              + " between that removes it?",
          e);
    }
  }
}
