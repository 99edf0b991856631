package io.haduck.s3;

import io.haduck.core.store.ObjectBody;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.zip.CRC32C;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * The checksum that goes along with an object, for the store to compare.
 *
 * <p>haduck needs none: every byte is hashed in the log. But a bucket whose objects are retained by
 * default (Object Lock) takes none without, and says so; older stores know only MD5. It is computed
 * here and sent as a plain header, since the SDK's own may come as a trailer of a chunked body,
 * which many stores do not read.
 */
enum BodyChecksum {
  /** None. */
  NONE,
  /** {@code x-amz-checksum-crc32c}. */
  CRC32C,
  /** {@code Content-MD5}. */
  MD5;

  /** Adds it to a request. */
  void addTo(PutObjectRequest.Builder request, ObjectBody body) {
    switch (this) {
      case NONE -> {}
      case CRC32C -> request.checksumCRC32C(base64(crc32c(body)));
      case MD5 -> request.checksumCRC32C(null).contentMD5(base64(md5(body)));
    }
  }

  /** Whether an answer asks for another one than this. */
  boolean isTooLittleFor(AwsServiceException answer) {
    if (this == MD5 || answer.statusCode() != 400) {
      return false;
    }
    String text = S3Answer.text(answer).toLowerCase(Locale.ROOT);
    return S3Answer.code(answer).equals("MissingContentMD5")
        || text.contains("content-md5")
        || text.contains("x-amz-checksum");
  }

  /** What to try where this is too little. */
  BodyChecksum next() {
    return this == NONE ? CRC32C : MD5;
  }

  private static byte[] crc32c(ObjectBody body) {
    var crc = new CRC32C();
    for (byte[] piece : body.pieces()) {
      crc.update(piece, 0, piece.length);
    }
    return ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
  }

  private static byte[] md5(ObjectBody body) {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      body.pieces().forEach(digest::update);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no MD5", e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
