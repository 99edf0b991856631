package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log that is followed by who does not write it: looked at again and again, and read on.
 *
 * <p>An answer of one key says nothing of the log by itself. The next key may be gone, since old
 * ones are swept, and then "it is not there" comes for ever; and a writer that was fenced may
 * create it anew. So an answer counts only if this was at the log's head at most 15 s before, by
 * both clocks of this machine, which must agree: a listing showed it there, or there was no next
 * key. To have read another changeset since is no such sight. Else, and after five minutes of
 * nothing new, the keys are listed; what is read then counts if the listing was made at most 15 s
 * before the last answer, or another one, made after the reading, shows nothing more
 * (docs/internals/followers.md#what-a-look-believes).
 *
 * <p>Without any clock: what opens the log for a writer may be a late attempt of one that failed,
 * created where a key was deleted. So it counts only if a listing that is made after it was read
 * shows it at the end. Anything else was appended by a writer that had opened.
 *
 * <p>For one thread.
 */
public final class FollowedLog {
  /** So long after the head was seen an answer counts. A constant of the format. */
  private static final Duration BELIEVED_FOR = Confirmation.BELIEVED_FOR;

  /** By so much two clocks may differ before it is taken for a pause. */
  private static final Duration MOST_DISAGREEMENT = Duration.ofSeconds(2);

  private static final Duration LISTED_EVERY = Duration.ofMinutes(5);

  /** So many are fetched one after the other before it is asked how many there are. */
  private static final int ONE_BY_ONE = 3;

  /** From so many on it is worth while to look for some that can be skipped. */
  private static final int NEAR = 1000;

  /** So often a log is read that has grown when it was read. */
  private static final int READINGS = 10;

  private static final Logger log = LoggerFactory.getLogger(FollowedLog.class);

  private final ObjectStore store;
  private final ReplicationLog replicationLog;
  private final ChangesetHeads heads;
  private final Ticker ticker;
  private final InstantSource clock;

  /** What is believed; null before {@link #begin}. */
  private @Nullable LogReading believed;

  /** What was read beyond it, and is not believed yet; null for nothing. */
  private @Nullable LogReading ahead;

  private @Nullable LookMoment seen;
  private @Nullable LookMoment listed;

  /** A log in a store that is scoped to one replica; all states whose keys are there exist. */
  public FollowedLog(ObjectStore store, Ticker ticker, InstantSource clock) {
    this(store, new ReplicationLog(store), ticker, clock);
  }

  /**
   * A log in a store that is scoped to one replica.
   *
   * @param replicationLog reads states of it
   */
  public FollowedLog(
      ObjectStore store, ReplicationLog replicationLog, Ticker ticker, InstantSource clock) {
    this.store = store;
    this.replicationLog = replicationLog;
    this.heads = new ChangesetHeads(store);
    this.ticker = ticker;
    this.clock = clock;
  }

  /**
   * What a look has found.
   *
   * @param moment at which the log's head was the state that is known now, or later
   * @param changesets how many followed what was known before
   */
  public record Look(LookMoment moment, long changesets) {}

  /**
   * Begins at the log's head.
   *
   * @return false if the log is empty
   */
  public boolean begin() {
    LookMoment asked = now();
    Optional<LogState> found = replicationLog.loadLatest(LoadProgress.NONE);
    if (found.isEmpty()) {
      return false;
    }
    ahead = new LogReading(store, replicationLog, heads, found.get());
    if (isRecent(asked, now()) && !found.get().kind().opens()) {
      believe(asked);
    } else {
      lookAtAll();
    }
    return true;
  }

  /** The state that reading has come to; a copy. */
  public LogState state() {
    return current().state().copy();
  }

  /** Where reading has come to. */
  public LogPosition position() {
    return current().position();
  }

  /** The writer of the last BASE or CHECKPOINT, as an epoch; 0 if the log no longer tells. */
  public long anchorEpoch() {
    return current().anchorEpoch();
  }

  /**
   * What is known of the end of a writer's history; looks it up if it was skipped.
   *
   * @return empty if it is not over, or the log does not tell any more
   */
  public Optional<EpochEnd> endOf(long epoch) {
    Optional<EpochEnd> known = current().endOf(epoch);
    return known.isPresent() ? known : current().findEndOf(epoch);
  }

  private LogReading current() {
    if (believed == null) {
      throw new IllegalStateException("nothing was read yet");
    }
    return believed;
  }

  private LookMoment now() {
    return LookMoment.now(ticker, clock);
  }

  private void believe(LookMoment moment) {
    believed = ahead;
    ahead = null;
    seen = moment;
    listed = moment;
  }

  /** The next look lists, whatever was seen just now. */
  public void distrust() {
    seen = null;
  }

  private static boolean isRecent(@Nullable LookMoment earlier, LookMoment moment) {
    return earlier != null
        && moment.nanos() - earlier.nanos() >= 0
        && moment.since(earlier).compareTo(BELIEVED_FOR) <= 0
        && moment.disagreement(earlier).compareTo(MOST_DISAGREEMENT) <= 0;
  }

  /**
   * Looks whether there is more, and reads it. Most looks take one request.
   *
   * @throws DivergedException if the log no longer holds what was read from it
   * @throws CorruptDataException if it does not verify; what was known before is still known
   * @throws UnavailableException if it grows faster than it can be read; what was read is kept
   */
  public Look look() {
    LogPosition from = current().position();
    LookMoment asked = now();
    boolean listDue = listed == null || asked.since(listed).compareTo(LISTED_EVERY) >= 0;
    LookMoment head =
        listDue || ahead != null || !isRecent(seen, asked) ? null : readOneByOne(current());
    if (head == null) {
      head = lookAtAll();
    }
    seen = head;
    return new Look(head, current().position().seq() - from.seq());
  }

  /** Returns when there was no next key; null if it has to be listed. */
  private @Nullable LookMoment readOneByOne(LogReading reading) {
    for (int found = 0; found < ONE_BY_ONE; found++) {
      LookMoment before = now();
      Optional<DecodedChangeset> next = read(reading.position().seq() + 1);
      if (!isRecent(seen, now())) {
        return null; // it came too late to count
      }
      if (next.isEmpty()) {
        return before;
      }
      if (next.get().changeset().kind().opens()) {
        return null; // it counts only at the log's end
      }
      try {
        reading.apply(next.get());
      } catch (CorruptDataException e) {
        log.debug("what follows does not, so the log is listed", e);
        return null;
      }
    }
    return null;
  }

  private Optional<DecodedChangeset> read(long seq) {
    try {
      return Optional.of(heads.read(seq));
    } catch (MissingObjectException e) {
      return Optional.empty();
    }
  }

  /** Returns when the log's head was what is believed then, or later. */
  private LookMoment lookAtAll() {
    LogReading reading = ahead != null ? ahead : current().copy();
    ahead = null; // should it be what does not verify
    MissingObjectException gone = null;
    for (int attempt = 0; attempt < READINGS; attempt++) {
      LookMoment asked = now();
      LogPosition from = reading.position();
      List<LogEntry> entries = LogListing.changesets(store, from.seq() - 1).entries();
      try {
        requireKept(from, entries);
      } catch (MissingObjectException e) {
        gone = e; // listed, and swept before it was read
        continue;
      }
      gone = null;
      List<LogEntry> more = after(entries, from.seq());
      if (!more.isEmpty()) {
        reading = readOn(reading, more);
      }
      ahead = reading;
      boolean all = more.isEmpty() || reading.position().seq() == more.get(more.size() - 1).seq();
      if (more.isEmpty() || (all && isRecent(asked, now()) && !reading.state().kind().opens())) {
        believe(asked);
        return asked;
      }
    }
    if (gone != null) {
      throw gone;
    }
    throw new UnavailableException(
        store + " grows faster than it can be read: read up to " + reading.position());
  }

  private void requireKept(LogPosition known, List<LogEntry> entries) {
    if (entries.isEmpty()) {
      throw new DivergedException(
          replicationLog
              .lost(known)
              .orElse(store + " holds nothing from seq " + known.seq() + " on"));
    }
    if (entries.get(0).seq() == known.seq()) {
      DecodedChangeset there = heads.read(entries.get(0));
      if (!there.position().equals(known) && !isStray(there, entries)) {
        throw new DivergedException(
            store + " holds another history: expected " + known + ", found " + there.position());
      }
    }
  }

  private boolean isStray(DecodedChangeset there, List<LogEntry> entries) {
    return entries.size() > 1 && StrayOpening.isAt(there, heads.read(entries.get(1)));
  }

  /** The log's head, which must come after what is believed. What is not may be a stray. */
  private LogReading loadLatest(RuntimeException why) {
    LogReading known = believed;
    if (known != null) {
      LogReading loaded = known.copy();
      loaded.loadLatest(why);
      return loaded;
    }
    LogState head =
        replicationLog
            .loadLatest(LoadProgress.NONE)
            .orElseThrow(() -> new DivergedException(store + " has become empty", why));
    return new LogReading(store, replicationLog, heads, head);
  }

  private static int unbroken(long after, List<LogEntry> entries) {
    int count = 0;
    while (count < entries.size() && entries.get(count).seq() == after + 1 + count) {
      count++;
    }
    return count;
  }

  private static List<LogEntry> after(List<LogEntry> entries, long seq) {
    return entries.isEmpty() || entries.get(0).seq() > seq
        ? entries
        : entries.subList(1, entries.size());
  }

  /**
   * Reads up to where one is missing, which a listing may not have shown since it was just being
   * written; or over that, if it is the next one. Then from what is believed: what was read up to
   * there may be a stray, and no part of the history behind it.
   */
  private LogReading readOn(LogReading from, List<LogEntry> listed) {
    int unbroken = unbroken(from.position().seq(), listed);
    List<LogEntry> more = unbroken == 0 ? listed : listed.subList(0, unbroken);
    LogEntry last = more.get(more.size() - 1);
    LogReading known = believed;
    LogReading next = (unbroken == 0 && known != null ? known : from).copy();
    try {
      if (unbroken > 0 && unbroken <= NEAR) {
        heads.readAll(more, next::apply);
      } else {
        next.skipTo(last);
      }
      return next;
    } catch (CorruptDataException | MissingObjectException e) {
      log.info("{}: reading from the nearest snapshot on: {}", store, e.getMessage());
      return loadLatest(e);
    }
  }
}
