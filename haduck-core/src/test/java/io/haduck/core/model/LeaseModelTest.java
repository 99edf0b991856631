package io.haduck.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * The protocol of the lease in every interleaving within bounds. docs/internals/protocol-model.md.
 */
class LeaseModelTest {
  @Test
  void permit_isOfOneAtATime_andCanAlwaysBeGot() {
    var model = new LeaseModel(2, LeaseMutation.NONE, true);

    Exploration all = Runs.explore("lease, 2 processes", model);

    assertThat(all.breach()).as(String.join("\n", all.trace())).isNull();
    assertThat(all.stuck(state -> model.permitted(state) == 1)).isNull();
  }

  @Test
  @Tag("slow")
  void permit_amongTwoContenders_isOfOneAtATime() {
    var model = new LeaseModel(3, LeaseMutation.NONE, true);

    Exploration all = Runs.explore("lease, 3 processes", model);

    assertThat(all.breach()).as(String.join("\n", all.trace())).isNull();
  }

  @ParameterizedTest
  @EnumSource(value = LeaseMutation.class, names = "NONE", mode = Mode.EXCLUDE)
  void eachRule_isNeeded(LeaseMutation mutation) {
    Exploration found =
        Runs.explore(mutation + ", 2 processes", new LeaseModel(2, mutation, false));

    assertThat(found.breach()).isEqualTo(Breach.TWO_HOLDERS);
  }
}
