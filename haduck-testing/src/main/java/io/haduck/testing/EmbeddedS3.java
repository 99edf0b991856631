package io.haduck.testing;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/**
 * A real S3 server in this JVM, on a free port of 127.0.0.1, for tests and examples: S3Proxy over a
 * directory or over memory. It checks signatures. Safe for any number of threads.
 *
 * <p>It needs {@code org.gaul:s3proxy} on the class path, and {@link #openStore} also {@code
 * haduck-s3}.
 *
 * <p>Creating with {@code If-None-Match: *} is atomic; {@code If-Match} it compares first and
 * writes afterwards, so two writers racing for a lease can both succeed here, which they cannot on
 * S3.
 */
public final class EmbeddedS3 implements AutoCloseable {
  /** Exists from the start. */
  public static final String BUCKET = "haduck-test";

  /** The only user's name. */
  public static final String ACCESS_KEY = "embedded-access-key";

  /** And password. */
  public static final String SECRET_KEY = "embedded-secret-key";

  private final BlobStore blobs;
  private final S3Proxy server;

  private EmbeddedS3(BlobStore blobs, int port) {
    this.blobs = blobs;
    if (!blobs.containerExists(BUCKET)) {
      blobs.createContainer(BUCKET);
    }
    this.server =
        S3Proxy.builder()
            .blobStore(blobs)
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, SECRET_KEY)
            .stopTimeout(0)
            .build();
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("the embedded S3 server did not start", e);
    }
  }

  /** A server that forgets everything when it is closed. */
  public static EmbeddedS3 inMemory() {
    return new EmbeddedS3(new TransientNio2BlobStore(), 0);
  }

  /**
   * A server that keeps its buckets in a directory.
   *
   * @param directory exists; its file system has extended attributes (ext4, XFS, tmpfs since Linux
   *     6.6)
   */
  public static EmbeddedS3 in(Path directory) {
    return in(directory, 0);
  }

  /** As {@link #in(Path)}, on a certain port, as after a restart. */
  public static EmbeddedS3 in(Path directory, int port) {
    return new EmbeddedS3(new FilesystemNio2BlobStore(directory.toString()), port);
  }

  /** Where it listens. */
  public int port() {
    return server.getPort();
  }

  /** Such as {@code http://127.0.0.1:34567}. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** Deletes a bucket with everything in it, if it exists. */
  public void deleteBucket(String name) {
    blobs.deleteContainer(name);
  }

  /** Creates a bucket, of at least three characters, unless it exists. */
  public void createBucket(String name) {
    if (!blobs.containerExists(name)) {
      blobs.createContainer(name);
    }
  }

  /**
   * The settings that reach it, by their keys without {@code haduck.} ({@code s3.endpoint} and so
   * on).
   */
  public Map<String, String> settings() {
    return Map.of(
        "s3.endpoint",
        endpoint().toString(),
        "s3.access_key",
        ACCESS_KEY,
        "s3.secret_key",
        SECRET_KEY);
  }

  /** Opens a store at {@code s3://haduck-test/path}. */
  public ObjectStore openStore(String path) {
    return ObjectStoreProvider.openStore(new ReplicaLocation("s3", BUCKET, path), settings());
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the embedded S3 server did not stop", e);
    }
    blobs.close();
  }
}
