/** What a user can set: read once, at the edge, into typed values. */
@NullMarked
package io.haduck.core.settings;

import org.jspecify.annotations.NullMarked;
