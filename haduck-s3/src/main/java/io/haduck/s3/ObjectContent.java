package io.haduck.s3;

import java.io.FilterInputStream;
import java.io.IOException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * The bytes of one answer. Closing it before its end drops the connection instead of reading the
 * rest for nothing. For one thread.
 */
final class ObjectContent extends FilterInputStream {
  private final ResponseInputStream<GetObjectResponse> response;
  private long remaining;

  ObjectContent(ResponseInputStream<GetObjectResponse> response, long length) {
    super(response);
    this.response = response;
    this.remaining = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    try {
      int count = in.read(target, offset, length);
      if (count > 0) {
        remaining -= count;
      }
      return count;
    } catch (SdkException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = in.skip(count);
    remaining -= skipped;
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  @Override
  public void close() throws IOException {
    if (remaining > 0) {
      response.abort();
    } else {
      response.close();
    }
  }
}
