package io.haduck.core.follower;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The store of a follower, which only reads: nobody waits for it any more once the follower is to
 * end. Safe for any thread.
 */
final class EndableStore implements ObjectStore {
  private final ObjectStore store;
  private final Ending ending;

  EndableStore(ObjectStore store, Ending ending) {
    this.store = store;
    this.ending = ending;
  }

  private static final class Content extends FilterInputStream {
    private final Ending ending;

    Content(InputStream content, Ending ending) {
      super(content);
      this.ending = ending;
    }

    @Override
    public int read() throws IOException {
      return ending.<Integer, IOException>call(in::read);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return ending.<Integer, IOException>call(() -> in.read(target, offset, length));
    }

    @Override
    public long skip(long count) throws IOException {
      return ending.<Long, IOException>call(() -> in.skip(count));
    }
  }

  private StoredObject endable(StoredObject found) {
    return new StoredObject(
        found.name(),
        new Content(found.content(), ending),
        found.length(),
        found.etag(),
        found.storeTime());
  }

  @Override
  public StoredObject get(String key) {
    return endable(ending.call(() -> store.get(key)));
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    return endable(ending.call(() -> store.getRange(key, offset, length)));
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return ending.call(() -> store.list(prefix, startAfter, limit));
  }

  @Override
  public Optional<String> absence() {
    return ending.call(store::absence);
  }

  @Override
  public List<String> namesBeside(String prefix, int most) {
    return ending.call(() -> store.namesBeside(prefix, most));
  }

  @Override
  public ObjectStore within(Duration longest) {
    return new EndableStore(store.within(longest), ending);
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    throw onlyRead(key);
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    throw onlyRead(key);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    throw onlyRead(key);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    throw onlyRead(keys.toString());
  }

  private IllegalStateException onlyRead(String key) {
    return new IllegalStateException("a follower never writes to its replica: " + this + "/" + key);
  }

  @Override
  public boolean keepsDeleted() {
    return store.keepsDeleted();
  }

  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return store.toString();
  }
}
