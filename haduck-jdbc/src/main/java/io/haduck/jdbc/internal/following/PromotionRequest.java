package io.haduck.jdbc.internal.following;

import io.haduck.core.HaduckException;
import io.haduck.core.LeaseHeldException;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Wish;
import io.haduck.core.lease.LeaseRequests;
import io.haduck.core.lease.Participant;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.internal.sql.SqlErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the writer of a replica to hand over to this process. */
final class PromotionRequest {
  private static final Logger log = LoggerFactory.getLogger(PromotionRequest.class);

  private final Path path;
  private final Settings settings;
  private final ReplicaLocation location;

  PromotionRequest(Path path, Settings settings, ReplicaLocation location) {
    this.path = path;
    this.settings = settings;
    this.location = location;
  }

  /**
   * Asks. Where nobody holds the lease, nobody needs to be asked.
   *
   * @throws SQLException if the writer refuses, or does not reply
   */
  void ask(Duration longest) throws SQLException {
    try (ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings())) {
      LocalFiles files = LocalFiles.of(path);
      // By the label by which the one contends that is to have it.
      String label =
          Participant.here(
                  settings.get(Setting.LABEL), files.database(), files.lock(), new SecureRandom())
              .label();
      Reply reply = new LeaseRequests(store).ask(Wish.PROMOTE, label, label, longest);
      if (!reply.accepted()) {
        throw SqlErrors.notPromoted(path, "its writer refuses: " + reply.why(), null);
      }
      log.info("the writer of {} hands over to this process, {}", location, label);
    } catch (LeaseHeldException e) {
      log.info("nobody is asked to hand over {}: {}", location, e.getMessage());
    } catch (HaduckException | IOException e) {
      throw SqlErrors.notPromoted(path, String.valueOf(e.getMessage()), e);
    }
  }
}
