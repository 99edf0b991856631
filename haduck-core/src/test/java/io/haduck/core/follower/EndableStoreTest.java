package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class EndableStoreTest {

  @Test
  void list_passesItsLimitOn_untilTheEnd() {
    var memory = new MemoryStore();
    memory.put("log/1", ObjectBody.of(new byte[1]));
    memory.put("log/2", ObjectBody.of(new byte[1]));
    var ending = new Ending();
    var store = new EndableStore(memory, ending);

    Listing page = store.list("log/", "", 1);

    assertThat(page.objects()).extracting(Listing.Entry::key).containsExactly("log/1");
    assertThat(page.truncated()).isTrue();
    ending.begin();
    assertThatThrownBy(() -> store.list("log/", "", 1)).isInstanceOf(CancellationException.class);
  }
}
