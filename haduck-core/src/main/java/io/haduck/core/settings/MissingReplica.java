package io.haduck.core.settings;

import io.haduck.core.InvalidConfigurationException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings that were made for a replica where none is named. Such a database would be on its disk
 * only, while somebody believes that it is not: what says where it is or that a commit waits for it
 * is an error, the rest a warning. Nothing said at all, or {@code replica=none}, means local-only.
 */
public final class MissingReplica {
  private static final String NONE =
      ", or haduck.replica=none for a database that is to be on this disk only";

  private MissingReplica() {}

  /**
   * Refuses to go without a replica where one seems to be meant. To be asked before a database in a
   * file is opened for writing; what lives in memory or is only read needs none.
   *
   * @param database for the message
   * @throws InvalidConfigurationException if there is none, and not because nobody said anything or
   *     said {@code replica=none}
   */
  public static void refuse(Settings settings, String database) {
    String problem = problem(settings);
    if (problem != null) {
      throw new InvalidConfigurationException(database + " is not opened: " + problem);
    }
  }

  private static @Nullable String problem(Settings settings) {
    if (settings.replica() != null || settings.localOnly()) {
      return null;
    }
    for (Setting<?> setting : List.of(Setting.REPLICA, Setting.S3_BUCKET)) {
      if (settings.source(setting) != SettingSource.DEFAULT && settings.get(setting) == null) {
        return setting.qualifiedKey()
            + " from "
            + settings.source(setting)
            + " is empty. Set it to where the replica is (is a variable missing?)"
            + NONE;
      }
    }
    if (settings.durability() == Durability.COMMIT) {
      return "haduck.durability=commit from "
          + settings.source(Setting.DURABILITY)
          + " wants every commit to be on a replica, and none is named. Set haduck.replica or haduck.s3.bucket"
          + NONE;
    }
    for (Setting<?> setting : settings.settings()) {
      boolean meansOne = setting == Setting.NAME || setting.goesToStore();
      if (meansOne && isSet(settings, setting)) {
        return setting.qualifiedKey()
            + " from "
            + settings.source(setting)
            + " is of a replica, and none is named. Set haduck.replica or haduck.s3.bucket"
            + NONE;
      }
    }
    UnclaimedSetting unclaimed = settings.unclaimed();
    return unclaimed == null
        ? null
        : unclaimed.qualifiedKey()
            + " from "
            + unclaimed.source()
            + " is of a replica on S3, and none is named; nor is io.haduck:haduck-s3 on the class path, which it takes."
            + " Add that, and set haduck.replica or haduck.s3.bucket"
            + NONE;
  }

  /** Returns those that do nothing without a replica and were set all the same; empty with one. */
  public static List<Setting<?>> withoutEffect(Settings settings) {
    var found = new ArrayList<Setting<?>>();
    if (settings.replica() == null) {
      for (Setting<?> setting : settings.settings()) {
        if (setting != Setting.REPLICA && setting != Setting.MODE && isSet(settings, setting)) {
          found.add(setting);
        }
      }
    }
    return found;
  }

  private static boolean isSet(Settings settings, Setting<?> setting) {
    return settings.source(setting) != SettingSource.DEFAULT && settings.get(setting) != null;
  }
}
