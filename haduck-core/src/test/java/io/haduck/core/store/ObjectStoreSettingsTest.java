package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.settings.KnownSettings;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SettingParser;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.Test;

/** What stores on the class path may do to the settings of everybody: nothing but add their own. */
class ObjectStoreSettingsTest {
  private record Declaring(String scheme, List<Setting<?>> settings)
      implements ObjectStoreProvider {
    @Override
    public ObjectStore open(ReplicaLocation location, Map<String, String> ofScheme) {
      throw new UnsupportedOperationException();
    }
  }

  private static final Setting<String> OWN =
      Setting.of("mem.size", null, "How much.", SettingParser.text());

  @Test
  void store_thatCannotBeLoaded_isLeftOut() {
    Iterator<ObjectStoreProvider> providers =
        new Iterator<>() {
          private int asked;

          @Override
          public boolean hasNext() {
            return asked < 3;
          }

          @Override
          public ObjectStoreProvider next() {
            return switch (asked++) {
              case 0 -> throw new ServiceConfigurationError("no such class");
              case 1 -> throw new NoClassDefFoundError("of a missing library");
              default -> new Declaring("mem", List.of(OWN));
            };
          }
        };
    assertThat(ObjectStoreSettings.of(providers).byKey("mem.size")).contains(OWN);
  }

  @Test
  void store_thatDeclaresWhatIsNotItsOwn_isLeftOut() {
    List<ObjectStoreProvider> providers =
        List.of(
            new Declaring("mem", List.of(OWN)),
            new Declaring("mem", List.of(OWN)),
            new Declaring("disk", List.of(OWN)),
            new Declaring("s3", List.of(Setting.S3_BUCKET)));
    KnownSettings known = ObjectStoreSettings.of(providers.iterator());
    assertThat(known.all()).hasSize(new KnownSettings(List.of()).all().size() + 1).contains(OWN);
  }
}
